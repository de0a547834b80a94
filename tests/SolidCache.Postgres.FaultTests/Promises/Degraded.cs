using System.Collections.Concurrent;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>In <see cref="SolidCacheFailureMode.Degrade"/> the cache removes the old values of sets that were dropped, and nothing else.</summary>
public sealed class Degraded : OneServer
{
    private const int OldEntries = 5_000;
    private readonly ConcurrentQueue<SolidCacheDegradation> _told = new();

    private int DroppedSets => _told.Count(degradation => degradation.Operation == "set");

    [SetUp]
    public void Forget() => _told.Clear();

    /// <summary>The caller's own haste is no outage: he is told, and nothing is taken from anybody.</summary>
    [Test, CancelAfter(60_000)]
    public async Task A_full_queue_takes_no_entry_from_anybody([Values] bool coalescing)
    {
        const int Sets = 40_000;
        var node = await StartDegradingAsync(Server.ConnectionString, coalescing, maxQueuedCalls: 1_000);
        await InsertAsync("old:", OldEntries);
        await node.Cache.SetAsync("another key", [1], Forever);

        var errors = new ConcurrentQueue<Exception>();
        var stored = new ConcurrentQueue<string>();
        await Task.WhenAll(KeysOf("new:", Sets).Select(async key =>
        {
            try
            {
                await node.Cache.SetAsync(key, new byte[200], Forever);
                stored.Enqueue(key);
            }
            catch (SolidCacheException error) when (error.IsTransient)
            {
                errors.Enqueue(error);
            }
        }));
        var (old, present) = await LongAfterwardsAsync();

        await TestContext.Out.WriteLineAsync($"{stored.Count} sets acknowledged, {errors.Count} refused, {DroppedSets} dropped; there are {old} old and {present} new entries");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(old, Is.EqualTo(OldEntries));
            Assert.That(present, Is.GreaterThanOrEqualTo(stored.Count - DroppedSets), "What was acknowledged, and not told to be dropped, is there.");
            Assert.That(DroppedSets, Is.Zero, "A full queue is no outage.");
            Assert.That(await node.Cache.GetAsync("old:7"), Is.Not.Null, "Nor does anything miss.");
            AssertNoOutage(node);
        }
    }

    [Test, CancelAfter(90_000)]
    public async Task A_full_disk_takes_no_entry_whose_set_was_not_dropped([Values] bool coalescing)
    {
        const int Sets = 12_000;
        await using var disk = await SmallDisk.MountAsync(megabytes: 64);
        await using var server = await Cluster.StartNewAsync("max_connections=200");
        await server.ExecuteAsync($"CREATE TABLESPACE small LOCATION '{disk.Folder}'");
        await server.ExecuteAsync("ALTER ROLE postgres SET default_tablespace = small");
        await using var node = await StartOnAsync(server.ConnectionString, coalescing, maxQueuedCalls: 20_000);
        await server.ExecuteAsync(
            $"INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'old:' || number, 'old' FROM generate_series(1, {OldEntries}) AS number");
        disk.Fill();

        // The disk has room for none, and the table itself for a few.
        var errors = new ConcurrentQueue<Exception>();
        await Task.WhenAll(KeysOf("new:", Sets).Select(async key =>
        {
            try
            {
                await node.Cache.SetAsync(key, new byte[2_000], Forever);
            }
            catch (Exception error) when (error is SolidCacheException { IsTransient: true } or TimeoutException)
            {
                errors.Enqueue(error);
            }
        }));
        var dropped = DroppedSets;
        var missed = await node.Cache.GetAsync("old:7") is null;
        disk.Free();
        await Eventually.TrueAsync(
            async () =>
            {
                await node.Cache.SetAsync("after", [1], Forever);
                return await server.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key = 'after'") == 1;
            },
            "sets are stored again");
        await Task.WhenAll(KeysOf("later:", 500).Select(key => node.Cache.SetAsync(key, [1], Forever)));
        // Whoever removes what is stale does so every half second.
        await Task.Delay(TimeSpan.FromSeconds(3));

        var old = await server.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key LIKE 'old:%'");
        var later = await server.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key LIKE 'later:%'");
        await TestContext.Out.WriteLineAsync($"{dropped} dropped, {errors.Count} errors; there are {old} old entries, and {later} later ones");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(dropped, Is.GreaterThan(Sets / 2), "The disk was full.");
            Assert.That(missed, Is.False, "No set of that key was dropped.");
            Assert.That(old, Is.EqualTo(OldEntries));
            Assert.That(later, Is.EqualTo(500));
        }
    }

    /// <summary>Many more than are remembered one by one.</summary>
    [Test, CancelAfter(60_000)]
    public async Task An_outage_with_any_number_of_dropped_sets_takes_only_their_own_old_values([Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartDegradingAsync(Cluster.ConnectionStringOn(proxy.Port), coalescing, maxQueuedCalls: 10_000);
        await InsertAsync("old:", OldEntries);
        await node.Cache.SetAsync("stale:1", [1], Forever);
        proxy.Traffic = Traffic.Refused;
        await Eventually.TrueAsync(
            async () =>
            {
                await node.Cache.SetAsync("stale:1", [2], Forever);
                return DroppedSets >= 20;
            },
            "sets are dropped");

        await Task.WhenAll(KeysOf("stale:", 25_000).Select(key => node.Cache.SetAsync(key, [2], Forever)));
        proxy.Traffic = Traffic.Normal;
        await Eventually.TrueAsync(async () => await CountAsync("key = 'stale:1' AND value = '\\x01'") == 0, "what is stale is removed");
        var (old, _) = await LongAfterwardsAsync();

        await TestContext.Out.WriteLineAsync($"{DroppedSets} dropped; there are {old} old entries");
        Assert.That(old, Is.EqualTo(OldEntries));
        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("old:7") is not null, "the others are read");
    }

    [Test, CancelAfter(60_000)]
    public async Task What_another_node_has_stored_since_a_set_was_dropped_is_not_removed([Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartDegradingAsync(Cluster.ConnectionStringOn(proxy.Port), coalescing, maxQueuedCalls: 10_000);
        var other = await StartNodeAsync();
        await Task.WhenAll(KeysOf("key:", 20).Select(key => other.Cache.SetAsync(key, "old"u8.ToArray(), Forever)));
        await node.Cache.GetAsync("key:0");
        proxy.Traffic = Traffic.Refused;
        await Eventually.TrueAsync(
            async () =>
            {
                await Task.WhenAll(KeysOf("key:", 20).Select(key => node.Cache.SetAsync(key, "dropped"u8.ToArray(), Forever)));
                return DroppedSets >= 100;
            },
            "sets are dropped");
        // Well after the last was dropped, whoever measures that.
        await Task.Delay(TimeSpan.FromMilliseconds(500));
        await Task.WhenAll(KeysOf("key:", 10).Select(key => other.Cache.SetAsync(key, "newer"u8.ToArray(), Forever)));
        proxy.Traffic = Traffic.Normal;

        await Eventually.TrueAsync(async () => await CountAsync("value = 'old'") == 0, "what is stale is removed");
        await LongAfterwardsAsync();
        Assert.That(await CountAsync("value = 'newer'"), Is.EqualTo(10));
        await Eventually.TrueAsync(async () => await node.Cache.GetAsync("key:3") is [.. var value] && value.SequenceEqual("newer"u8.ToArray()), "the node reads what is there");
    }

    /// <summary>What the server's clock shows is known up to the time that its answer takes.</summary>
    [Test, CancelAfter(40_000)]
    public async Task What_was_stored_just_before_a_set_was_dropped_does_not_stay([Values] bool coalescing)
    {
        await using var proxy = new TcpProxy(Server.Port);
        var node = await StartDegradingAsync(Cluster.ConnectionStringOn(proxy.Port), coalescing, maxQueuedCalls: 10_000);
        var other = await StartNodeAsync();
        await other.Cache.SetAsync("another key", [1], Forever);
        proxy.Traffic = Traffic.Refused;
        await Eventually.TrueAsync(
            async () =>
            {
                await node.Cache.SetAsync("another key", [2], Forever);
                return _told.Any(one => one.Error is SolidCacheException);
            },
            "sets are refused at once");

        await other.Cache.SetAsync("key", "old"u8.ToArray(), Forever);
        await node.Cache.SetAsync("key", "dropped"u8.ToArray(), Forever);
        proxy.Traffic = Traffic.Slow;

        await Eventually.TrueAsync(async () => await CountAsync("key = 'key'") == 0, "what is stale is removed");
    }

    /// <summary>Figures when all that would be removed has been.</summary>
    private async Task<(long Old, long Present)> LongAfterwardsAsync()
    {
        // Whoever removes what is stale does so every half second.
        await Task.Delay(TimeSpan.FromSeconds(2));
        await UntilQuietAsync();
        return (await CountAsync("key LIKE 'old:%'"), await CountAsync("key LIKE 'new:%'"));
    }

    private Task<CacheHost> StartDegradingAsync(string connectionString, bool coalescing, int maxQueuedCalls) =>
        StartNodeAsync(options => Configure(options, coalescing, maxQueuedCalls), connectionString);

    private Task<CacheHost> StartOnAsync(string connectionString, bool coalescing, int maxQueuedCalls) => CacheHost.StartAsync(connectionString, options =>
    {
        Configure(options, coalescing, maxQueuedCalls);
        options.OperationTimeout = Limit * 2;
    });

    private void Configure(PostgresSolidCacheOptions options, bool coalescing, int maxQueuedCalls) =>
        (options.Coalescing, options.MaxQueuedCalls, options.FailureMode, options.OnDegraded)
            = (coalescing, maxQueuedCalls, SolidCacheFailureMode.Degrade, _told.Enqueue);
}
