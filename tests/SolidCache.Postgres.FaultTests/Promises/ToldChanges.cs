using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>What nodes are told of others' changes while what tells them fails.</summary>
[Category("Long")]
public sealed class ToldChanges() : OneServer("max_prepared_transactions=2")
{
    private static readonly SolidCacheEntryOptions AnHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
    private readonly ConcurrentQueue<SolidCacheInvalidation> _told = [];

    [SetUp]
    public void Forget() => _told.Clear();

    /// <summary>A node tells the others, itself included, instead of looking; whoever does not hear looks all the same.</summary>
    [Test, CancelAfter(60_000)]
    public async Task A_node_that_writes_all_the_time_and_hears_nothing_looks_as_often_as_one_without_listener(CancellationToken cancelled)
    {
        var node = await StartNodeAsync(static options => (options.Invalidation.Enabled, options.Invalidation.MaxStaleness) = (true, TimeSpan.FromMinutes(1)));
        await Eventually.LoggedAsync(node, "listener_ready");
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        var listener = await Server.ScalarAsync<int>("SELECT pid FROM pg_stat_activity WHERE query LIKE '%solid_cache:listen%' AND pid <> pg_backend_pid()");
        Server.Freeze(listener);
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancelled);
        var writes = Task.Run(
            async () =>
            {
                while (!done.IsCancellationRequested)
                {
                    await node.Cache.SetAsync("written", [1], AnHour, CancellationToken.None);
                }
            },
            CancellationToken.None);
        await Server.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES (now() + interval '1 hour', 'key', ''); DELETE FROM solid_cache_entries WHERE key = 'key'");

        await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("key")), "the removal is told");
        var lost = node.Logs.GetSnapshot().Any(static record => record.Id.Name == "listener_deaf");
        await done.CancelAsync();
        await writes;
        Assert.That(lost, Is.False, "It is told before it is known that the listener hears nothing.");
    }

    /// <summary>PostgreSQL prepares no transaction that notifies.</summary>
    [Test]
    public async Task A_transaction_that_is_prepared_removes_where_it_leaves_the_notification_out([Values] bool leavesOut)
    {
        var node = await StartNodeAsync(static options => options.Invalidation.Enabled = true);
        await Of(node).WaitUntilCurrentAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        await node.Cache.SetAsync("key", [1], AnHour);
        var prepared = $"BEGIN; {(leavesOut ? "SET LOCAL solid_cache.announced = 'later';" : "")} SELECT solid_cache_remove('key'); PREPARE TRANSACTION 'two'";
        if (!leavesOut)
        {
            await Assert.ThatAsync(() => Server.ExecuteAsync(prepared), Throws.InstanceOf<Npgsql.PostgresException>().With.Message.Contains("NOTIFY"));
            return;
        }

        await Server.ExecuteAsync(prepared);
        Assert.That(await node.Cache.ExistsAsync("key"), Is.True);
        await Server.ExecuteAsync("COMMIT PREPARED 'two'");
        await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("key")), "the removal is told");
    }

    /// <summary>What it has logged does not outlive the crash, and it does.</summary>
    [Test, CancelAfter(60_000)]
    public async Task What_a_prepared_transaction_removes_after_a_crash_is_told([Values("COMMIT PREPARED 'two'", "ROLLBACK PREPARED 'two'")] string ends)
    {
        var node = await StartNodeAsync(static options => options.Invalidation.Enabled = true);
        await node.Cache.SetAsync("key", [1], AnHour);
        await Server.ExecuteAsync("BEGIN; SET LOCAL solid_cache.announced = 'later'; SELECT solid_cache_remove('key'); PREPARE TRANSACTION 'two'");
        await Of(node).WaitUntilCurrentAsync();
        using var subscription = Of(node).Subscribe(_told.Enqueue);
        await Server.KillNineAsync();
        await Server.StartAsync();
        await Eventually.TrueAsync(() => Task.FromResult(_told.Any(static told => told.IsEverything)), "the crash is told", TimeSpan.FromSeconds(20));
        _told.Clear();
        await node.Cache.SetAsync("other", [1], AnHour);
        await node.Cache.RemoveAsync("other");
        await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("other")), "other changes are told");
        Assert.That(_told.Any(static told => told.IsEverything), Is.False, "It has not ended yet.");

        await Server.ExecuteAsync(ends);
        await Eventually.TrueAsync(() => _told.Any(static told => told.IsEverything), "everything may have changed");
        await node.Cache.SetAsync("another", [1], AnHour);
        await node.Cache.RemoveAsync("another");
        await Eventually.TrueAsync(() => _told.Any(static told => told.Keys.Contains("another")), "further changes are told");
        Assert.That(_told.Count(static told => told.IsEverything), Is.EqualTo(1), "Once.");
    }

    private static ISolidCacheInvalidations Of(CacheHost node) => node.Services.GetRequiredService<ISolidCacheInvalidations>();
}
