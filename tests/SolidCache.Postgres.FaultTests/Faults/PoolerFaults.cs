using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>What happens to a pooler, or behind it.</summary>
public sealed class PoolerFaults
{
    /// <summary>Of the session that asks.</summary>
    private const string PreparedStatements = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%solid_cache:%'";

    [TestCase(PoolMode.Transaction, Category = "Long")]
    [TestCase(PoolMode.Session)]
    public async Task The_pooler_is_killed(PoolMode mode)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var pooler = await Pooler.StartNewAsync(cluster, mode);
        var result = await Load.ThroughAsync(pooler.ConnectionString, async _ =>
        {
            await pooler.KillNineAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
            await pooler.StartAsync();
        });

        await FaultReport.AssertAsync($"kill -9 of PgBouncer ({mode} mode), back after 1 s", result);
        Assert.That(result.Errors, Is.Not.Empty);
    }

    [TestCase(PoolMode.Transaction, false)]
    [TestCase(PoolMode.Session, false, Category = "Long")]
    [TestCase(PoolMode.Session, true, Category = "Long")]
    public async Task The_server_behind_the_pooler_restarts(PoolMode mode, bool prepare)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var pooler = await Pooler.StartNewAsync(cluster, mode);
        var result = await Load.ThroughAsync(
            pooler.ConnectionString,
            async _ =>
            {
                await cluster.StopFastAsync();
                await cluster.StartAsync();
            },
            options => options.PoolerSupportsPreparedStatements = prepare);

        await FaultReport.AssertAsync($"restart, fast, behind PgBouncer ({mode} mode{(prepare ? ", prepared statements" : "")})", result);
    }

    [TestCase(PoolMode.Transaction, false)]
    [TestCase(PoolMode.Session, false)]
    [TestCase(PoolMode.Session, true)]
    public async Task Nothing_is_prepared_behind_a_pooler_unless_the_application_says_so(PoolMode mode, bool says)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var pooler = await Pooler.StartNewAsync(cluster, mode);
        // One connection, so that the test looks at the cache's own session.
        await using var source = NpgsqlDataSource.Create(pooler.ConnectionString + ";Maximum Pool Size=1;No Reset On Close=true");
        await using var node = await CacheHost.StartAsync(
            null!,
            options => (options.Coalescing, options.PoolerSupportsPreparedStatements) = (false, says),
            services => services.AddSingleton(source));
        await node.Cache.SetAsync("key", [1], new());
        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));

        await using var command = source.CreateCommand(PreparedStatements);
        Assert.That(await command.ExecuteScalarAsync(), says ? Is.Positive : Is.Zero);
        Assert.That(node.Logs.GetSnapshot().Any(record => record.Id.Name == "pooler_detected"), Is.Not.EqualTo(says));
    }

    /// <summary>A pooler hands no notifications on. One direct connection hears them.</summary>
    [Test, CancelAfter(60_000)]
    public async Task Changes_are_heard_of_behind_a_pooler_by_a_direct_connection_and_seen_without_one([Values] bool isDirect)
    {
        var poll = TimeSpan.FromSeconds(4);
        await using var cluster = await Cluster.StartNewAsync();
        await using var pooler = await Pooler.StartNewAsync(cluster, PoolMode.Transaction);
        await using var reader = await StartAsync();
        await using var writer = await StartAsync();
        var told = new ConcurrentDictionary<string, long>();
        var changes = reader.Services.GetRequiredService<ISolidCacheInvalidations>();
        // What was changed before its first look, a node that remembers nothing need not know.
        await changes.WaitUntilCurrentAsync();
        using var subscription = changes.Subscribe(change =>
        {
            foreach (var key in change.Keys)
            {
                told.TryAdd(key, Stopwatch.GetTimestamp());
            }
        });
        await Eventually.LoggedAsync(reader, isDirect ? "listener_ready" : "listener_deaf");

        var waits = new List<TimeSpan>();
        for (var change = 0; change < 3; change++)
        {
            var key = $"key:{change}";
            await writer.Cache.SetAsync(key, [1], new());
            await writer.Cache.RemoveAsync(key);
            var removed = Stopwatch.GetTimestamp();
            await Eventually.TrueAsync(() => told.ContainsKey(key), "the removal is told");
            waits.Add(Stopwatch.GetElapsedTime(removed, told[key]));
        }

        await TestContext.Out.WriteLineAsync(string.Join(", ", waits.Select(static wait => $"{wait.TotalMilliseconds:F0} ms")));
        Assert.That(waits.Max(), Is.LessThan(isDirect ? poll / 2 : poll + TimeSpan.FromSeconds(2)));
        Assert.That(reader.Logs.GetSnapshot().Any(static record => record.Id.Name == "listener_deaf"), Is.Not.EqualTo(isDirect));

        Task<CacheHost> StartAsync() => CacheHost.StartAsync(pooler.ConnectionString, options =>
        {
            (options.Invalidation.Enabled, options.Invalidation.PollInterval, options.Invalidation.MaxStaleness) = (true, poll, TimeSpan.FromMinutes(1));
            options.Invalidation.ListenerConnectionString = isDirect ? cluster.ConnectionString : null;
        });
    }
}
