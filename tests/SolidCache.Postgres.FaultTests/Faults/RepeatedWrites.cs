using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A set and a remove travel together, and only the remove fails, for the time being: it is sent again, and the set is not.</summary>
public sealed class RepeatedWrites
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    [Test]
    public async Task A_set_that_others_have_seen_is_not_written_again_because_another_write_of_its_batch_failed()
    {
        await using var cluster = await Cluster.StartNewAsync("lock_timeout=1s");
        await using var node = await CacheHost.StartAsync(cluster.ConnectionString, options => options.WriteConnections = 1);
        await using var other = await CacheHost.StartAsync(cluster.ConnectionString);
        await node.Cache.SetAsync("locked at first", [1], Forever);
        await node.Cache.SetAsync("locked", [1], Forever);
        await using var locker = await cluster.ConnectAsync();
        await using var lockerToo = await cluster.ConnectAsync();
        var lockAtFirst = await LockAsync(locker, "locked at first");
        await using var lasting = await LockAsync(lockerToo, "locked");

        // The only lane is busy with the first, so that the next two are one batch.
        var first = node.Cache.RemoveAsync("locked at first");
        var set = node.Cache.SetAsync("key", "set"u8.ToArray(), Forever);
        var remove = node.Cache.RemoveAsync("locked");
        await lockAtFirst.DisposeAsync();
        await first;
        await Eventually.TrueAsync(async () => await other.Cache.GetAsync("key") is not null, "the set is seen");
        await other.Cache.SetAsync("key", "set later"u8.ToArray(), Forever);

        await Assert.ThatAsync(() => remove, Throws.Exception);
        await set;
        Assert.That(await other.Cache.GetAsync("key"), Is.EqualTo("set later"u8.ToArray()));
    }

    private static async Task<NpgsqlTransaction> LockAsync(NpgsqlConnection connection, string key)
    {
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT FROM solid_cache_entries WHERE key = $1 FOR UPDATE", connection, transaction) { Parameters = { new() { Value = key } } };
        await command.ExecuteNonQueryAsync();
        return transaction;
    }
}
