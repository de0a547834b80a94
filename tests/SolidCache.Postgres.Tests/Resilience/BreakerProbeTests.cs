using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Which thread asks whether the server is back.</summary>
public sealed class BreakerProbeTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(3);

    [TearDown]
    public void GiveThreadsBack() => OwnThread.Instead = null;

    [Test]
    public void It_asks_on_a_thread_of_the_caches_own_and_once_at_atime()
    {
        var time = new FakeTimeProvider();
        using var mayAnswer = new ManualResetEventSlim();
        var asking = new TaskCompletionSource<Thread>();
        using var breaker = new CircuitBreaker(
            () =>
            {
                asking.SetResult(Thread.CurrentThread);
                mayAnswer.Wait();
            },
            static (_, _) => { },
            time);
        breaker.Hung(new TimeoutException(), breaker.Successes);
        time.Advance(Longest);

        Assert.That((breaker.Look(), breaker.Look()), Is.EqualTo((true, true)), "A second would throw.");

        Assert.That(asking.Task.Result.IsThreadPoolThread, Is.False);
        mayAnswer.Set();
        Assert.That(() => breaker.State, Is.EqualTo(BreakerState.HalfOpen).After(10_000, 1));
    }

    [Test]
    public void Where_there_is_no_thread_it_asks_later()
    {
        var time = new FakeTimeProvider();
        using var breaker = new CircuitBreaker(static () => { }, static (_, _) => { }, time);
        breaker.Hung(new TimeoutException(), breaker.Successes);
        OwnThread.Instead = static _ => false;
        time.Advance(Longest);
        Assert.That((breaker.Look(), breaker.State), Is.EqualTo((true, BreakerState.Open)));

        OwnThread.Instead = null;
        time.Advance(Longest);

        Assert.That(breaker.Look(), Is.True);
        Assert.That(() => breaker.State, Is.EqualTo(BreakerState.HalfOpen).After(10_000, 1));
    }
}
