using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>What the memory of the process cannot answer: this library's HybridCache beside Microsoft's on Redis and on this library's table, in turn, round by round.</summary>
internal static class MemoryMisses
{
    private const int ValueBytes = 1_024;
    private const int Rounds = 9;

    /// <summary>Its sets are not logged, as those of the table are that nodes with a memory share.</summary>
    private const string OtherTable = "microsofts_cache";
    private static readonly int[] Callers = [1, 16, 64];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.ExecuteAsync($"DROP TABLE IF EXISTS {OtherTable}, {OtherTable}_state, {OtherTable}_tag_removals, {OtherTable}_invalidations");
        await using var onRedis = Microsofts(static services => services.AddStackExchangeRedisCache(static options => options.Configuration = ServerAddresses.Redis));
        await using var onTable = Microsofts(services => services.AddSingleton<IDistributedCache>(table.CacheWith(static options => options.TableName = OtherTable)));
        await using var ours = Ours();
        await ours.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        (string Name, HybridCache Cache)[] caches =
        [
            ("HybridCache of Microsoft on Redis", onRedis.GetRequiredService<HybridCache>()),
            ("HybridCache of Microsoft on this cache", onTable.GetRequiredService<HybridCache>()),
            ("HybridCache of this library", ours.GetRequiredService<HybridCache>()),
        ];

        var data = new Dataset(KeySpace.Profiles, settings.Rows, ValueBytes);
        var results = new ResultTable("memory-misses", "Entry", "Callers", "Cache", "ops/s", "p50 ms", "p99 ms", "B/op", "÷ Redis");
        foreach (var (_, cache) in caches)
        {
            await Parallel.ForEachAsync(data.Keys, async (key, token) => await cache.SetAsync(key, data.Profiles[0], HybridMiss.PastMemory, cancellationToken: token));
        }

        await table.SettleAsync();
        foreach (var isMade in (bool[])[false, true])
        {
            foreach (var callers in Callers)
            {
                await MeasureAsync(isMade, callers);
            }
        }

        return results;

        async Task MeasureAsync(bool isMade, int callers)
        {
            var rounds = caches.Select(static _ => new List<RoundResult>()).ToArray();
            for (var round = 0; round < Rounds; round++)
            {
                for (var turn = 0; turn < caches.Length; turn++)
                {
                    var number = (round + turn) % caches.Length;
                    var workload = new HybridMiss(caches[number].Cache, isMade ? $"{callers}:{round}:" : null);
                    rounds[number].Add(await new ClosedLoop(table.Cache, workload, data, callers).RunAsync(settings.WarmUp, settings.Duration));
                }
            }

            for (var number = 0; number < caches.Length; number++)
            {
                var median = RoundResult.MedianOf(rounds[number]);
                var ratio = rounds[number].Zip(rounds[0], static (one, first) => one.OperationsPerSecond / first.OperationsPerSecond).Order().ElementAt(Rounds / 2);
                results.Add(
                    isMade ? "made" : "stored", $"{callers}", caches[number].Name, $"{median.OperationsPerSecond:N0}", $"{median.P50 / 1_000:F3}", $"{median.P99 / 1_000:F3}",
                    $"{median.AllocatedBytes:N0}", $"{ratio:F2}");
            }
        }
    }

    private static ServiceProvider Microsofts(Action<IServiceCollection> addCache)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        addCache(services);
        services.AddHybridCache();
        return services.BuildServiceProvider();
    }

    private static ServiceProvider Ours()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresSolidHybridCache(static options =>
        {
            options.ConnectionString = PostgresServer.AddressFor(Table.ApplicationName);
            options.OperationTimeout = TimeSpan.FromMinutes(1);
            options.SweepExpiredEntries = false;
        });
        return services.BuildServiceProvider();
    }
}
