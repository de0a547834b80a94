using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A backend stands still with a write under way, whose caller gives up; others go on; then it wakes up.</summary>
public sealed class LateWrites
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    [Test]
    public async Task A_set_that_ran_out_of_time_does_not_undo_a_later_remove([Values] bool coalescing, [Values] bool exists)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var node = await StartAsync(cluster, coalescing);
        if (exists)
        {
            await node.Cache.SetAsync("key", "before"u8.ToArray(), Forever);
        }

        await TimesOutAsync(cluster, node, cache => cache.SetAsync("key", "late"u8.ToArray(), Forever));
        await using var other = await StartAsync(cluster, coalescing);
        await other.Cache.RemoveAsync("key");
        cluster.Thaw();

        await StaysAsync(cluster, node, null);
    }

    [Test]
    public async Task A_set_that_ran_out_of_time_does_not_undo_a_remove_of_the_same_node([Values] bool coalescing)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var node = await StartAsync(cluster, coalescing);

        await TimesOutAsync(cluster, node, cache => cache.SetAsync("key", "late"u8.ToArray(), Forever));
        await RemovedAsync(node.Cache);
        cluster.Thaw();

        await StaysAsync(cluster, node, null);
    }

    [Test]
    public async Task A_remove_that_ran_out_of_time_does_not_take_a_later_set([Values] bool coalescing)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var node = await StartAsync(cluster, coalescing);
        await node.Cache.SetAsync("key", "before"u8.ToArray(), Forever);

        await TimesOutAsync(cluster, node, cache => cache.RemoveAsync("key"));
        await using var other = await StartAsync(cluster, coalescing);
        await other.Cache.SetAsync("key", "after"u8.ToArray(), Forever);
        cluster.Thaw();

        await StaysAsync(cluster, node, "after");
    }

    private static Task<CacheHost> StartAsync(Cluster cluster, bool coalescing) =>
        CacheHost.StartAsync(
            cluster.ConnectionString,
            // Without a sweep, whose connection would be one more that the write may reach.
            options => (options.Coalescing, options.OperationTimeout, options.SweepExpiredEntries) = (coalescing, TimeSpan.FromSeconds(2), false));

    /// <summary>Freezes what a node's write will reach: all backends that there are, so that another node opens new ones.</summary>
    private static async Task TimesOutAsync(Cluster cluster, CacheHost node, Func<ISolidCache, Task> write)
    {
        await node.Cache.SetAsync("another key", [1], Forever);
        var began = Stopwatch.GetTimestamp();
        Exception? error = null;
        for (var attempt = 0; attempt < 5 && error is null; attempt++)
        {
            // Now and then a write reaches a connection that was opened meanwhile, and is done: that one is frozen for the next.
            var backends = await cluster.BackendPidsAsync();
            Assert.That(backends, Is.Not.Empty);
            Array.ForEach(backends, cluster.Freeze);
            error = (await Ended.OfAsync(() => write(node.Cache))).Error;
        }

        Assert.That(error, Is.Not.Null);
        await TestContext.Out.WriteLineAsync($"{Stopwatch.GetElapsedTime(began)}: {error!.GetType().Name}: {error.Message}");
    }

    /// <summary>The breaker may refuse at first: nobody was served while the write ran out of time.</summary>
    private static Task RemovedAsync(ISolidCache cache) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await cache.RemoveAsync("key");
                return true;
            }
            catch (Exception error) when (error is SolidCacheException { IsTransient: true } or TimeoutException or Npgsql.NpgsqlException)
            {
                return false;
            }
        },
        "the key is removed");

    private static async Task StaysAsync(Cluster cluster, CacheHost node, string? value)
    {
        var sql = $"SELECT coalesce((SELECT convert_from(value, 'UTF8') FROM solid_cache_entries WHERE key = 'key'), '{value ?? "-"}')";
        for (var look = 0; look < 20; look++)
        {
            Assert.That(await cluster.ScalarAsync<string>(sql), Is.EqualTo(value ?? "-"));
            await Task.Delay(50);
        }

        var expected = value is null ? null : Encoding.UTF8.GetBytes(value);
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    var found = await node.Cache.GetAsync("key");
                    return expected is null ? found is null : found is not null && expected.AsSpan().SequenceEqual(found);
                }
                catch (SolidCacheException)
                {
                    return false;
                }
            },
            "the node reads what is there");
    }
}
