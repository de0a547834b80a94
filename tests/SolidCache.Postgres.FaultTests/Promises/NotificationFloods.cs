using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// Somebody who may do nothing but connect has filled the server's queue of notifications, all gigabytes of it, and keeps it full by a session that listens and stays in its transaction.
/// </summary>
[Category("Long")]
public sealed class NotificationFloods : OneServer
{
    private const string Listeners = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(query, '/* solid_cache:listen */')";
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(0.5);

    [Test, CancelAfter(900_000)]
    public async Task Nodes_see_all_changes_and_do_not_keep_it_full()
    {
        var busy = await StartAsync();
        var other = await StartAsync();
        await Eventually.LoggedAsync(busy, "listener_ready");
        foreach (var key in (string[])["own", "other"])
        {
            await other.Cache.SetAsync(key, [0], Forever);
        }

        await using var pinning = await Server.ConnectAsync();
        await using (var listen = new NpgsqlCommand("LISTEN anything", pinning))
        {
            await listen.ExecuteNonQueryAsync();
        }

        await using var transaction = await pinning.BeginTransactionAsync();
        await using (var pin = new NpgsqlCommand("SELECT 1", pinning))
        {
            await pin.ExecuteNonQueryAsync();
        }

        await FillAsync();
        var told = new ConcurrentQueue<long>();
        using var subscription = busy.Services.GetRequiredService<ISolidCacheInvalidations>()
            .Subscribe(changed => changed.Keys.Where(static key => key == "other").ToList().ForEach(_ => told.Enqueue(Stopwatch.GetTimestamp())));
        using var stopping = new CancellationTokenSource();
        var writes = WriteAsync(busy.Cache, stopping.Token);
        for (var round = 0; round < 10; round++)
        {
            told.Clear();
            var began = Stopwatch.GetTimestamp();
            await other.Cache.SetAsync("other", [1], Forever);
            await Eventually.TrueAsync(() => Task.FromResult(!told.IsEmpty), "a node that writes is told of what others change", PollInterval * 4);
            await TestContext.Out.WriteLineAsync($"told after {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
        }

        await stopping.CancelAsync();
        await writes;
        Assert.That(busy.Logs.GetSnapshot().Count(static record => record.Id.Name == "invalidations_unread"), Is.Zero);

        // Where nobody else of the database listens, who begins to reads all of it.
        await busy.DisposeAsync();
        await other.DisposeAsync();
        var late = await StartAsync();
        var later = await StartAsync();
        await late.Cache.SetAsync("late", [1], Forever);
        var most = 0L;
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < TimeSpan.FromSeconds(120); await Task.Delay(500))
        {
            most = Math.Max(most, await Server.ScalarAsync<long>(Listeners));
        }

        await TestContext.Out.WriteLineAsync($"at most {most} backends that listen");
        await transaction.RollbackAsync();
        await pinning.CloseAsync();
        var left = Stopwatch.StartNew();
        await Eventually.TrueAsync(
            () => Server.ScalarAsync<bool>("SELECT pg_notification_queue_usage() < 0.5"), "the queue empties when nobody keeps it full any more", TimeSpan.FromMinutes(3));
        await TestContext.Out.WriteLineAsync($"the queue is empty after {left.Elapsed.TotalSeconds:0} s");
        await Eventually.TrueAsync(
            () => Task.FromResult(late.Logs.GetSnapshot().Any(static record => record.Id.Name == "listener_ready")), "the node hears again", TimeSpan.FromMinutes(1));

        // Each node has one whose end it waits for, and one to ask by.
        Assert.That(most, Is.LessThanOrEqualTo(4));
        foreach (var node in (CacheHost[])[late, later])
        {
            Assert.That(node.Logs.GetSnapshot().Count(static record => record.Id.Name == "invalidations_unread"), Is.Zero);
        }
    }

    private static async Task WriteAsync(ISolidCache cache, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await cache.SetAsync("own", [1], Forever, CancellationToken.None);
            await Task.Delay(10, CancellationToken.None);
        }
    }

    private async Task FillAsync()
    {
        try
        {
            while (true)
            {
                await Server.ExecuteAsync("SELECT count(pg_notify('anything', rpad(number::text || random(), 7900, 'x'))) FROM generate_series(1, 10000) AS number");
            }
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.ProgramLimitExceeded)
        {
            // It is full.
        }
    }

    private Task<CacheHost> StartAsync() => StartNodeAsync(
        options => (options.Invalidation.Enabled, options.Invalidation.PollInterval, options.Invalidation.MaxStaleness) = (true, PollInterval, TimeSpan.FromSeconds(2)));
}
