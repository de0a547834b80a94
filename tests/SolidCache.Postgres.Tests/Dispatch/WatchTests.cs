using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Who looks after what is under way.</summary>
public sealed class WatchTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public void Nobody_looks_before_there_is_anything()
    {
        var watched = new Watched();
        _ = Over(static _ => { }, watched);

        Assert.That(watched.Looks, Is.Zero);
    }

    [Test]
    public void It_looks_while_there_is_anything_on_a_thread_that_is_none_of_the_pools()
    {
        var watched = new Watched();
        Over(static _ => { }, watched).Wake();
        for (var look = 0; look < 5; look++)
        {
            watched.NextLook(any: true);
        }

        Assert.That((watched.Thread!.Name, watched.Thread.IsThreadPoolThread, watched.Thread.IsBackground), Is.EqualTo(("SolidCache.Postgres watch", false, true)));
        watched.NextLook(any: false);
        watched.NextLook(any: false);
    }

    [Test]
    public async Task It_looks_no_more_when_there_is_nothing_and_again_when_it_is_woken()
    {
        var watched = new Watched();
        var watch = Over(static _ => { }, watched);
        watch.Wake();
        watched.NextLook(any: true);
        watched.NextLook(any: false);
        watched.NextLook(any: false);
        await Task.Delay(50);
        Assert.That(watched.Looks, Is.EqualTo(3));

        watch.Wake();
        watch.Wake();

        watched.NextLook(any: true);
        watched.NextLook(any: false);
        watched.NextLook(any: false);
    }

    [Test]
    public void What_comes_during_its_last_look_is_looked_after()
    {
        var watched = new Watched();
        var watch = Over(static _ => { }, watched);
        watch.Wake();
        watched.NextLook(any: false, watch.Wake);
        watched.NextLook(any: true);
        watched.NextLook(any: false);
        watched.NextLook(any: false);
    }

    [Test]
    public void A_look_that_throws_is_told_of_and_the_others_and_the_next_come_all_the_same()
    {
        var (first, second) = (new Watched(), new Watched());
        var told = new TaskCompletionSource<Exception>();
        Over(error => told.TrySetResult(error), first, second).Wake();

        first.NextLook(any: false, static () => throw new IOException("look"));
        second.NextLook(any: false);
        first.NextLook(any: false);
        second.NextLook(any: false);
        first.NextLook(any: false);
        second.NextLook(any: false);

        Assert.That(told.Task.Result.Message, Is.EqualTo("look"));
    }

    private static Watch Over(Action<Exception> failed, params IReadOnlyList<IWatched> watched)
    {
        var watch = new Watch(failed);
        watch.LookAfter(watched);
        return watch;
    }

    /// <summary>Looks when the test says so.</summary>
    private sealed class Watched : IWatched
    {
        private readonly SemaphoreSlim _mayLook = new(0);
        private readonly SemaphoreSlim _hasLooked = new(0);
        private Action _meanwhile = static () => { };
        private bool _any;
        private int _looks;

        public Thread? Thread { get; private set; }

        public int Looks => Volatile.Read(ref _looks);

        public bool Look()
        {
            Interlocked.Increment(ref _looks);
            Thread = Thread.CurrentThread;
            if (!_mayLook.Wait(Patience))
            {
                return false;
            }

            var (any, meanwhile) = (_any, _meanwhile);
            _hasLooked.Release();
            meanwhile();
            return any;
        }

        public void NextLook(bool any, Action? meanwhile = null)
        {
            (_any, _meanwhile) = (any, meanwhile ?? (static () => { }));
            _mayLook.Release();
            Assert.That(_hasLooked.Wait(Patience), Is.True, "It does not look.");
        }
    }
}
