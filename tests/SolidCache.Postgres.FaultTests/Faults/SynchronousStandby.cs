using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
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
