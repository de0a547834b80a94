using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>Who sweeps dies, or has another clock, or has much to do while everybody is busy.</summary>
public sealed class SweepFaults
{
    private const int Living = 1_000;
    private const string IsSwept = "SELECT last_sweep_finished_at IS NOT NULL FROM solid_cache_state";
    private const string CountExpired = "SELECT count(*) FROM solid_cache_entries WHERE key LIKE 'expired:%'";
    private const string CountLiving = "SELECT count(*) FROM solid_cache_entries WHERE key LIKE 'living:%'";

    /// <summary>Slow enough that a pass lasts for some seconds.</summary>
    private static readonly string[] SlowSweeper = ["--Cache:SweepInterval=00:00:01", "--Cache:SweepMegabytesPerSecond=1"];

    [TestCase(false)]
    [TestCase(true, Category = "Long")]
    public async Task Another_node_goes_on_when_the_one_that_sweeps_is_killed(bool waitsForTheLease)
    {
        const int Expired = 50_000;
        await using var cluster = await FilledAsync(Expired);
        var left = 0L;
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            using var node = await NodeProcess.StartAsync(cluster.ConnectionString, SlowSweeper);
            await InMidPassAsync(cluster);
            await node.KillNineAsync();
            left = await cluster.ScalarAsync<long>(CountExpired);

            await using var heir = await CacheHost.StartAsync(cluster.ConnectionString, Sweeping);
            await Eventually.LoggedAsync(heir, "cache_cleanup_skipped");
            Assert.That(await cluster.ScalarAsync<long>(CountExpired), Is.EqualTo(left), "The dead node's lease still runs.");
            if (!waitsForTheLease)
            {
                await cluster.ExecuteAsync("UPDATE solid_cache_state SET sweep_lease_ends_at = now() - interval '1 second'");
            }

            await Eventually.TrueAsync(() => cluster.ScalarAsync<bool>(IsSwept), "the other node goes on", TimeSpan.FromSeconds(90));
        });

        await TestContext.Out.WriteLineAsync($"{left} of {Expired} were left to the other node.");
        Assert.That(left, Is.InRange(1, Expired - 1));
        await AssertSweptAsync(cluster);
        await FaultReport.AssertAsync($"kill -9 of the node that sweeps{(waitsForTheLease ? ", until its lease has ended" : "")}", result);
        Assert.That(result.Errors.Select(error => error.Kind).Distinct(), Is.Empty);
    }

    [Test]
    public async Task A_sweep_goes_on_when_its_connection_has_ended()
    {
        await using var cluster = await FilledAsync(50_000);
        await using var node = await CacheHost.StartAsync(cluster.ConnectionString, options =>
        {
            Sweeping(options);
            options.SweepMegabytesPerSecond = 2;
        });
        await InMidPassAsync(cluster);

        await cluster.ExecuteAsync("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'");

        await Eventually.LoggedAsync(node, "cache_cleanup_executed");
        await AssertSweptAsync(cluster);
        Assert.That(node.Logs.GetSnapshot().Select(record => record.Id.Name), Has.None.EqualTo("cache_cleanup_failed"), "It is gone on with at once, on another connection.");
    }

    [Test]
    public async Task Entries_live_equally_long_for_nodes_whose_clocks_are_ten_minutes_apart()
    {
        var life = TimeSpan.FromSeconds(3);
        await using var cluster = await FilledAsync(expired: 10);
        await using var late = await StartAsync(cluster, TimeSpan.FromMinutes(-5));
        await using var early = await StartAsync(cluster, TimeSpan.FromMinutes(5));
        var began = Stopwatch.GetTimestamp();
        var ends = await Task.WhenAll(
            EndAsync(late, early, new() { AbsoluteExpirationRelativeToNow = life }, "late, relative"),
            EndAsync(early, late, new() { AbsoluteExpirationRelativeToNow = life }, "early, relative"),
            EndAsync(late, early, new() { SlidingExpiration = life, AbsoluteExpirationRelativeToNow = life }, "late, sliding"),
            EndAsync(early, late, new() { SlidingExpiration = life, AbsoluteExpirationRelativeToNow = life }, "early, sliding"),
            EndAsync(late, early, new() { AbsoluteExpiration = Now(late) + life }, "late, by its own clock"),
            EndAsync(early, late, new() { AbsoluteExpiration = Now(early) + life }, "early, by its own clock"));

        await TestContext.Out.WriteLineAsync($"They lived for {string.Join(", ", ends.Select(end => $"{end.TotalSeconds:0.00}"))} s.");
        Assert.That(ends, Is.All.InRange(life - TimeSpan.FromMilliseconds(50), life + TimeSpan.FromSeconds(1)));
        await Eventually.TrueAsync(() => cluster.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM solid_cache_entries WHERE expires_at <= now())"), "all that expired is swept");
        await AssertSweptAsync(cluster);

        async Task<TimeSpan> EndAsync(CacheHost setter, CacheHost reader, DistributedCacheEntryOptions options, string key)
        {
            await setter.Cache.SetAsync(key, [1], options);
            while (await reader.Cache.GetAsync(key) is not null)
            {
                await Task.Delay(10);
            }

            var end = Stopwatch.GetElapsedTime(began);
            Assert.That(await setter.Cache.GetAsync(key), Is.Null, "Both nodes see the same.");
            return end;
        }
    }

    [Test]
    public async Task Nobody_notices_that_much_is_swept()
    {
        const int Expired = 200_000;
        await using var cluster = await FilledAsync(Expired);
        var (swept, took) = (0L, TimeSpan.Zero);
        var result = await Load.ThroughAsync(cluster.ConnectionString, async cache =>
        {
            var began = Stopwatch.GetTimestamp();
            swept = await cache.RemoveExpiredAsync();
            took = Stopwatch.GetElapsedTime(began);
        });

        await TestContext.Out.WriteLineAsync($"{swept} entries were swept in {took.TotalSeconds:0.0} s.");
        Assert.That(swept, Is.EqualTo(Expired));
        await AssertSweptAsync(cluster);
        await FaultReport.AssertAsync("200,000 expired entries swept", result);
        Assert.That(result.Errors.Select(error => error.Kind).Distinct(), Is.Empty);
        Assert.That(result.LongestCall, Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    private static void Sweeping(PostgresSolidCacheOptions options) => (options.SweepExpiredEntries, options.SweepInterval) = (true, TimeSpan.FromSeconds(1));

    private static Task<CacheHost> StartAsync(Cluster cluster, TimeSpan offset) =>
        CacheHost.StartAsync(cluster.ConnectionString, Sweeping, services => services.AddSingleton<TimeProvider>(new OffsetClock(offset)));

    private static DateTimeOffset Now(CacheHost node) => node.Services.GetRequiredService<TimeProvider>().GetUtcNow();

    /// <summary>A cluster with a table of entries that expired a second ago, and of some around them that live for five more minutes.</summary>
    private static async Task<Cluster> FilledAsync(int expired)
    {
        var cluster = await Cluster.StartNewAsync();
        await cluster.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await cluster.ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT now() + interval '5 minutes', 'living:' || i, decode(repeat('ab', 100), 'hex') FROM generate_series(1, {Living / 2}) AS i;
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT now() - interval '1 second', 'expired:' || i, decode(repeat('ab', 100), 'hex') FROM generate_series(1, {expired}) AS i;
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT now() + interval '5 minutes', 'living:' || i, decode(repeat('ab', 100), 'hex') FROM generate_series({Living / 2} + 1, {Living}) AS i;
            """);
        return cluster;
    }

    private static Task InMidPassAsync(Cluster cluster) =>
        Eventually.TrueAsync(() => cluster.ScalarAsync<bool>("SELECT sweep_deleted > 5000 FROM solid_cache_state"), "a pass is under way");

    private static async Task AssertSweptAsync(Cluster cluster)
    {
        Assert.That(await cluster.ScalarAsync<long>(CountExpired), Is.Zero);
        Assert.That(await cluster.ScalarAsync<long>(CountLiving), Is.EqualTo(Living));
    }
}
