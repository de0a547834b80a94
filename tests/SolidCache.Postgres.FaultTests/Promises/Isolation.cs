using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// What the server undid because of another transaction (40001) is sent again, whichever verb it was, at any isolation that somebody made the default.
/// </summary>
public sealed class Isolation : OneServer
{
    private const int Keys = 8;
    private const int Rounds = 60;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    [Test]
    public async Task Nobody_is_told_of_transactions_that_got_in_each_others_way(
        [Values("repeatable\\ read", "serializable")] string isolation, [Values] bool coalescing)
    {
        var connectionString = Server.ConnectionString + $";Options=-c default_transaction_isolation={isolation}";
        await using var first = await StartAsync(connectionString, coalescing);
        await using var second = await StartAsync(connectionString, coalescing);
        CacheHost[] nodes = [first, second];

        // What is due to be touched and what has expired is so again all the time.
        using var stopping = new CancellationTokenSource();
        var ageing = AgeAsync(stopping.Token);
        var ends = await Task.WhenAll(nodes.SelectMany(node => (Task<List<(string Verb, Ended End)>>[])
        [
            RepeatAsync(node, "SetAsync", (cache, number) => cache.SetAsync(Key(number), [1], new() { SlidingExpiration = Window })),
            RepeatAsync(node, "Set", (cache, number) => Verb.OnAThread(() => cache.Set(Key(number), [1], new() { SlidingExpiration = Window }))),
            RepeatAsync(node, "RefreshAsync", (cache, number) => cache.RefreshAsync(Key(number))),
            RepeatAsync(node, "Refresh", (cache, number) => Verb.OnAThread(() => cache.Refresh(Key(number)))),
            RepeatAsync(node, "GetAsync", (cache, number) => cache.GetAsync(Key(number))),
            RepeatAsync(node, "RemoveAsync", (cache, number) => cache.RemoveAsync(Key(number))),
            RepeatAsync(node, "RemoveByPrefixAsync", (cache, _) => cache.RemoveByPrefixAsync("key:")),
            RepeatAsync(node, "RemoveByPatternAsync", (cache, _) => cache.RemoveByPatternAsync("%:1")),
            RepeatAsync(node, "RemoveExpiredAsync", (cache, _) => cache.RemoveExpiredAsync()),
            RepeatAsync(node, "GetStatisticsAsync", (cache, _) => cache.GetStatisticsAsync()),
        ]));
        await stopping.CancelAsync();
        await ageing;

        var failed = ends.SelectMany(calls => calls).Where(call => call.End.Error is not null).ToList();
        await TestContext.Out.WriteLineAsync(string.Join('\n', failed.CountBy(call => $"{call.Verb}: {call.End.Error!.Message}")));
        Assert.That(failed.Select(call => $"{call.Verb}: {call.End}").Take(3), Is.Empty, $"{failed.Count} calls failed.");
    }

    [Test]
    public async Task The_sweep_of_a_node_is_undone_and_done_again([Values("repeatable\\ read", "serializable")] string isolation)
    {
        var connectionString = Server.ConnectionString + $";Options=-c default_transaction_isolation={isolation}";
        await using var sweeping = await StartNodeAsync(
            options => (options.SweepExpiredEntries, options.SweepInterval) = (true, TimeSpan.FromSeconds(1)), connectionString);
        await using var node = await StartAsync(connectionString, coalescing: true);
        using var stopping = new CancellationTokenSource();
        var ageing = AgeAsync(stopping.Token);
        for (var round = 0; round < 3 * Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, Keys).Select(number => node.Cache.SetAsync(Key(number), [1], Forever)));
            await Task.WhenAll(node.Cache.RemoveExpiredAsync(), node.Cache.RemoveExpiredAsync());
        }

        await stopping.CancelAsync();
        await ageing;
        var failures = sweeping.Logs.GetSnapshot().Where(record => record.Id.Name == "cache_cleanup_failed");
        Assert.That(failures.Select(record => record.Message), Is.Empty);
    }

    private Task<CacheHost> StartAsync(string connectionString, bool coalescing) =>
        StartNodeAsync(options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(10)), connectionString);

    private static string Key(int number) => $"key:{number % Keys}";

    private static async Task<List<(string Verb, Ended End)>> RepeatAsync(CacheHost node, string verb, Func<ISolidCache, int, Task> call)
    {
        var ends = new List<(string Verb, Ended End)>();
        for (var round = 0; round < Rounds; round++)
        {
            ends.Add((verb, await Ended.OfAsync(() => call(node.Cache, round))));
        }

        return ends;
    }

    private async Task AgeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Server.ExecuteAsync(
                """
                UPDATE solid_cache_entries SET expires_at = now() + (CASE WHEN random() < 0.3 THEN '-1 second' ELSE '1 minute' END)::interval;
                INSERT INTO solid_cache_entries (expires_at, key, value) SELECT now() - interval '1 second', 'key:' || i, 'x' FROM generate_series(1, 40) AS i
                ON CONFLICT (key) DO NOTHING
                """);
        }
    }
}
