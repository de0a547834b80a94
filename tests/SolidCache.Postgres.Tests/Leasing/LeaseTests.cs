using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Leasing;
using SolidCache.Postgres.Tests.Caching;

namespace SolidCache.Postgres.Tests.Leasing;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LeaseTests
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);
    private readonly InMemoryEntryStore _store = new();
    private readonly FakeTimeProvider _time = new();

    private string Calls => string.Join(' ', _store.Calls.Select(static call => call.Verb));

    [Test]
    public async Task It_is_renewed_three_times_in_its_life_until_it_is_freed()
    {
        var lease = NewLease();
        for (var renewal = 0; renewal < 3; renewal++)
        {
            _time.Advance(Duration / 3);
        }

        Assert.That(await lease.FreeAsync(), Is.True);
        _time.Advance(Duration);
        Assert.That(Calls, Is.EqualTo("Renew Renew Renew Free"));
    }

    [Test]
    public async Task It_is_freed_after_a_renewal_that_is_under_way_which_would_take_it_again()
    {
        var renewed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _store.Answering = verb => verb == "Renew" ? renewed.Task : Task.CompletedTask;
        var lease = NewLease();
        _time.Advance(Duration / 3);

        var freed = lease.FreeAsync();
        Assert.That((Calls, freed.IsCompleted), Is.EqualTo(("Renew", false)));

        renewed.SetResult();
        Assert.That(await freed, Is.True);
        Assert.That(Calls, Is.EqualTo("Renew Free"));
    }

    [Test]
    public async Task It_is_freed_when_whoever_has_locked_its_row_has_gone()
    {
        foreach (var state in (LeaseState[])[LeaseState.Locked, LeaseState.Locked, LeaseState.Granted])
        {
            _store.Renewals.Enqueue(state);
        }

        var lease = NewLease();
        Assert.That(await lease.FreeAsync(), Is.False);
        Assert.That(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(10));
                return _store.Renewals.IsEmpty;
            },
            Is.True.After(10_000, 10));
        Assert.That(Calls, Is.EqualTo("Free Free Free"));
    }

    [Test]
    public async Task It_is_freed_once_however_often_it_is_disposed_of()
    {
        var lease = NewLease();
        lease.Dispose();
        lease.Dispose();
        await lease.DisposeAsync();
        Assert.That(Calls, Is.EqualTo("Free"));
        Assert.That(_store.Calls[0].Async, Is.False);
    }

    [Test]
    public async Task One_that_comes_when_nobody_waits_for_it_any_more_is_freed()
    {
        var (given, freed) = (new TaskCompletionSource(), new TaskCompletionSource());
        _store.Answering = verb =>
        {
            if (verb == "Free")
            {
                freed.SetResult();
            }

            return verb == "Lease" ? given.Task : Task.CompletedTask;
        };
        var asking = Lease.AskAsync(_store, new("key"), Terms(), TimeSpan.FromSeconds(1), _time, CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await asking, Is.Null);

        given.SetResult();
        await freed.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(Calls, Is.EqualTo("Lease Free"));
    }

    /// <summary>What goes on after a wait is not run in this place under such a context, so that the answer often comes before the wait is known to be over.</summary>
    [Test]
    public async Task One_that_comes_just_when_the_wait_is_over_is_given_or_freed()
    {
        var (given, granted, freed) = (default(TaskCompletionSource), 0, 0);
        _store.Answering = verb =>
        {
            if (verb == "Free")
            {
                Interlocked.Increment(ref freed);
            }

            return verb == "Lease" ? given!.Task : Task.CompletedTask;
        };
        const int Rounds = 1000;
        for (var round = 0; round < Rounds; round++)
        {
            given = new();
            var asking = Lease.AskAsync(_store, new("key"), Terms(), Duration / 4, _time, CancellationToken.None).AsTask();
            var former = SynchronizationContext.Current;
            SynchronizationContext.SetSynchronizationContext(new OtherContext());
            _time.Advance(Duration / 4);
            given.SetResult();
            SynchronizationContext.SetSynchronizationContext(former);
            granted += await asking is null ? 0 : 1;
            Assert.That(() => granted + Volatile.Read(ref freed), Is.EqualTo(round + 1).After(30).Seconds.PollEvery(1).MilliSeconds);
        }

        await TestContext.Out.WriteLineAsync($"{granted} of {Rounds} came just in time");
    }

    private static LeaseTerms Terms() => new(Id: 7, Duration, StaleFor: TimeSpan.Zero, Tags: null, Ahead: 0);

    private Lease NewLease() => new(_store, new("key"), Terms(), _time);

    private sealed class OtherContext : SynchronizationContext;
}
