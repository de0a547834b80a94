using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tests.Diagnostics;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The system has no thread left, and has some again: who needed one hears of it, and nothing is stuck.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class NoThreadTests
{
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);

    [SetUp]
    public void TakeThreads() => OwnThread.Instead = static _ => false;

    [TearDown]
    public void End()
    {
        GiveThreadsBack();
        _dataSource.Dispose();
    }

    [Test]
    public async Task Work_whose_end_is_awaited_says_so_and_leaves_its_place_free()
    {
        var work = AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance);
        var starved = Enumerable.Range(0, 3).Select(_ => work.RunAsync(static _ => true, CancellationToken.None)).ToArray();
        Assert.That(starved.Select(static call => call.Exception?.InnerException), Is.All.TypeOf<SolidCacheException>().With.Property(nameof(SolidCacheException.IsTransient)).True);
        Assert.That(() => work.RunStepsAsync(static _ => true, CancellationToken.None), Throws.TypeOf<SolidCacheException>());

        GiveThreadsBack();

        await Assert.ThatAsync(() => work.RunAsync(static _ => true, CancellationToken.None), Throws.TypeOf<Outage>(), "It asks the server, which is away.");
    }

    [Test]
    public void All_that_waits_for_a_lane_fails_and_what_comes_later_is_served()
    {
        var test = new LanesUnderTest(maxBatch: 2);
        foreach (var number in (int[])[1, 2, 3])
        {
            test.Queue.Add(number);
        }

        test.Lanes.Wake();

        Assert.That(test[0].Failed.SelectMany(static failed => failed.Batch), Is.EqualTo((int[])[1, 2, 3]));
        Assert.That(test[0].Failed.Select(static failed => failed.Error), Is.Unique.And.All.TypeOf<SolidCacheException>());
        GiveThreadsBack();
        var next = new LanesUnderTest(places: 2);
        OwnThread.Instead = static _ => false;
        next.Add(4);
        GiveThreadsBack();
        next.Add(5);
        Assert.That(next[1].NextBatch(), Is.EqualTo((int[])[5]), "The place of the lane that had no thread is free.");
        next[1].Finish();
    }

    [Test]
    public void What_waits_beside_a_lane_that_works_is_left_to_it()
    {
        GiveThreadsBack();
        var test = new LanesUnderTest(maxBatch: 1, most: 2);
        test.Add(1);
        test[0].NextBatch();
        test.Queue.Add(2);
        test.Queue.Add(3);
        OwnThread.Instead = static _ => false;

        test.Lanes.Wake();
        test[0].Finish();

        Assert.That(test[1].Failed.SelectMany(static failed => failed.Batch), Is.EqualTo((int[])[2]));
        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[3]));
        test[0].Finish();
    }

    [Test]
    public void The_watch_begins_although_nobody_calls_again()
    {
        using var looked = new SemaphoreSlim(0);
        var watch = new Watch(static _ => { });
        watch.LookAfter(new Once(looked));

        // There are threads for all others.
        watch.Wake();

        Assert.That(looked.Wait(TimeSpan.FromSeconds(60)), Is.True);
    }

    [Test]
    public void Rows_that_go_beside_the_lanes_fail_and_their_keys_are_free()
    {
        var writes = new Writes();
        var connections = AwayDatabase.Connections(_dataSource, NullLoggerFactory.Instance);
        var ends = new BackendEnd(AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance), AwayDatabase.Clock(), new CacheLife());
        using var breaker = new CircuitBreaker(static () => { }, static (_, _) => { }, TimeProvider.System);
        var failures = new WriteFailures(connections, writes.Queue, breaker, breaker, ends, static _ => { }, writes.Clock, new Log(NullLoggerFactory.Instance));
        var stragglers = new Stragglers(
            connections, new EntryStatements(new SqlNames(AwayDatabase.Table), 0.1, 1_000), writes.Queue, failures, writes.Clock, Telemetry.Unheard);
        var (set, removal) = (writes.Set("k"), writes.Remove("k"));
        var batch = writes.Take();
        writes.Queue.Stray(batch);

        stragglers.Add(batch);

        Assert.That((Exception?[])[set.Error(), removal.Error()], Is.Unique.And.All.TypeOf<SolidCacheException>());
        Assert.That((stragglers.AreThere, writes.Queue.Look()), Is.EqualTo((false, false)));
    }

    [Test]
    public void A_backend_that_nobody_can_look_after_is_left_to_its_deadline() =>
        Assert.That(
            new BackendEnd(AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance), AwayDatabase.Clock(), new CacheLife())
                .TryEnd(new Backend(1, Started: 1), deadline: 0, away: static _ => { }, ended: static () => Assert.Fail("Nobody knows.")),
            Is.False);

    private static void GiveThreadsBack() => OwnThread.Instead = null;

    private sealed class Once(SemaphoreSlim looked) : IWatched
    {
        public bool Look()
        {
            looked.Release();
            return false;
        }
    }
}
