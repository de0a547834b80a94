using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>
/// A primary waits with each commit for a standby that does not answer. What the cache gives up is in effect on the primary all the same: PostgreSQL
/// ends the wait, not the commit.
/// </summary>
public sealed class SynchronousStandby
{
    private static readonly TimeSpan LongerThanACall = TimeSpan.FromSeconds(8);
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };
    private Cluster _primary = null!;
    private Cluster _standby = null!;

    [SetUp]
    public async Task StartAsync()
    {
        // On the command line, not in the settings that the standby copies.
        _primary = await Cluster.StartNewAsync("synchronous_standby_names=*");
        _standby = await _primary.StartStandbyAsync();
        await _primary.UntilSynchronousAsync();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _standby.DisposeAsync();
        await _primary.DisposeAsync();
    }

    [Test]
    public async Task Durable_writes_run_out_of_time_while_it_is_frozen_and_reads_go_on()
    {
        var result = await ThroughAsync(_primary.ConnectionString, FreezeAsync);

        await FaultReport.AssertAsync("synchronous standby frozen for 8 s, Full", result);
        AssertOnlyWritesFailed(result);
    }

    [Test]
    [Category("Long")]
    public async Task Durable_writes_run_out_of_time_while_it_is_stopped_and_reads_go_on()
    {
        var result = await ThroughAsync(_primary.ConnectionString, async _ =>
        {
            await _standby.StopFastAsync();
            await Task.Delay(LongerThanACall);
            await _standby.StartAsync();
        });

        // The standby asks for the log every five seconds.
        await FaultReport.AssertAsync("synchronous standby stopped for 8 s, Full", result, recovery: TimeSpan.FromSeconds(10));
        AssertOnlyWritesFailed(result);
    }

    [Test]
    [Category("Long")]
    public async Task Nothing_waits_for_it_when_the_cache_commits_locally()
    {
        var result = await ThroughAsync(_primary.ConnectionString + ";Options=-c synchronous_commit=local", FreezeAsync);

        await FaultReport.AssertAsync("synchronous standby frozen for 8 s, synchronous_commit=local", result);
        Assert.That(result.Errors.Select(error => error.Kind).Distinct(), Is.Empty);
    }

    [Test]
    public async Task Relaxed_sets_do_not_wait_for_it_and_what_it_did_not_confirm_is_not_acknowledged([Values] bool coalescing)
    {
        // The server tells it in a warning, which such a role is not to hear.
        await using var node = await CacheHost.StartAsync(_primary.ConnectionString + ";Options=-c client_min_messages=error", options =>
        {
            (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(2));
            options.DurableKeyPrefixes.Add("durable");
        });
        await node.Cache.SetAsync("removed", [1], Forever);
        _standby.Freeze();

        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => node.Cache.SetAsync($"key:{number}", [1], Forever)));
        // Together: once one has run out of time, the breaker refuses the other.
        await Task.WhenAll(
            RunsOutOfTimeAsync(() => node.Cache.RemoveAsync("removed")),
            RunsOutOfTimeAsync(() => node.Cache.SetAsync("durable", [1], Forever)));

        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("removed") is null, "the removal, whose commit is not undone, is seen");
        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("durable") is [1], "the set, whose commit is not undone, is seen");
    }

    /// <summary>Whoever notifies takes a lock at his commit that there is once in a server, and keeps it as long as the commit waits.</summary>
    [Test]
    public async Task Somebody_elses_notification_that_waits_for_it_holds_up_no_relaxed_set_and_no_memory()
    {
        await using var remembering = await CacheHost.StartAsync(
            _primary.ConnectionString, static options => (options.SweepExpiredEntries, options.Invalidation.Enabled) = (false, true));
        var told = remembering.Services.GetRequiredService<ISolidCacheInvalidations>();
        await told.WaitUntilCurrentAsync();
        await using var node = await CacheHost.StartAsync(_primary.ConnectionString, static options => options.SweepExpiredEntries = false);
        await SetAllAsync();
        await remembering.Cache.SetAsync("remembering", [1], Forever);
        var (keys, losses) = (new ConcurrentDictionary<string, bool>(), 0);
        using var subscription = told.Subscribe(change => change.Keys.ToList().ForEach(key => keys[key] = true));
        using var connection = told.SubscribeConnected(_ => Interlocked.Increment(ref losses));
        _standby.Freeze();
        await using var other = await _primary.ConnectAsync();
        await using var notifying = new NpgsqlCommand("BEGIN; CREATE TABLE anything (); NOTIFY anything; COMMIT", other) { CommandTimeout = 60 };
        var waiting = notifying.ExecuteNonQueryAsync();
        await Eventually.TrueAsync(() => _primary.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep')"), "its commit waits");

        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(SetAllAsync(), remembering.Cache.SetAsync("remembering", [1], Forever));
        }

        await Eventually.TrueAsync(() => keys.Count == 51, "all is told that was set");
        await Task.Delay(TimeSpan.FromSeconds(3));
        Assert.That(told.IsCurrent, Is.True);
        Assert.That(losses, Is.Zero, "The log can be read all the time.");
        Assert.That(waiting.IsCompleted, Is.False);
        _standby.Thaw();
        await waiting;

        Task SetAllAsync() => Task.WhenAll(Enumerable.Range(0, 50).Select(number => node.Cache.SetAsync($"key:{number}", [1], Forever)));
    }

    private static Task<LoadResult> ThroughAsync(string connectionString, Func<ISolidCache, Task> fault) =>
        Load.ThroughAsync(connectionString, fault, options => options.Durability = SolidCacheDurability.Full);

    private static void AssertOnlyWritesFailed(LoadResult result)
    {
        Assert.That(result.Errors.Select(error => error.Error.GetType()).Distinct(), Is.SubsetOf((Type[])[typeof(TimeoutException), typeof(SolidCacheException)]));
        Assert.That(result.Operations.Where(operation => operation is { Kind: OperationKind.Read, Outcome: not Outcome.Succeeded }).Take(5), Is.Empty);
    }

    private static async Task RunsOutOfTimeAsync(Func<Task> call)
    {
        var began = Stopwatch.GetTimestamp();
        var error = await Assert.CatchAsync(() => call());
        var elapsed = Stopwatch.GetElapsedTime(began);
        await TestContext.Out.WriteLineAsync($"{elapsed.TotalSeconds:0.00} s: {error!.GetType().Name}: {error.Message}");
        Assert.That(error, Is.TypeOf<TimeoutException>().Or.InnerException.TypeOf<TimeoutException>());
        Assert.That(elapsed.TotalSeconds, Is.InRange(1.9, 4.5));
    }

    private async Task FreezeAsync(ISolidCache cache)
    {
        _standby.Freeze();
        await Task.Delay(LongerThanACall);
        _standby.Thaw();
    }
}
