using System.Diagnostics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;
using ZiggyCreatures.Caching.Fusion;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>What the memory of the process answers by itself: this library's HybridCache beside Microsoft's and FusionCache, in turn, round by round.</summary>
internal static class MemoryHits
{
    private const int Rounds = 15;
    private const int Calls = 200_000;
    private const int Keys = 1_000;

    public static async Task<ResultTable> RunAsync()
    {
        await using var provider = Services().BuildServiceProvider();
        var ours = provider.GetRequiredService<HybridCache>();
        await using var others = new ServiceCollection().AddHybridCache().Services.BuildServiceProvider();
        var microsofts = others.GetRequiredService<HybridCache>();
        using var fusion = new FusionCache(new FusionCacheOptions());
        await provider.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();

        var results = new ResultTable("memory-hits", "Value", "Cache", "Hits/s of one caller", "ns", "B/hit", "÷ Microsoft's");
        var keys = Enumerable.Range(0, Keys).Select(static number => $"key:{number}").ToArray();
        var data = new Dataset(KeySpace.Profiles, Keys, 1_024);
        await MeasureAsync("a string of 1 KB, shared", new string('x', 1_024));
        await MeasureAsync("an object of 1 KB, one for each caller", data.Profiles[0]);
        return results;

        async Task MeasureAsync<T>(string value, T one)
            where T : class
        {
            (string Name, Func<string, ValueTask<T>> Get)[] caches =
            [
                ("HybridCache of Microsoft", key => microsofts.GetOrCreateAsync(key, one, static (one, _) => ValueTask.FromResult(one))),
                ("FusionCache", key => fusion.GetOrSetAsync(key, one)),
                ("HybridCache of this library", key => ours.GetOrCreateAsync(key, one, static (one, _) => ValueTask.FromResult(one))),
            ];
            keys = [.. keys.Select(key => $"{typeof(T).Name}:{key}")];
            var rounds = caches.Select(static _ => new List<(double Nanoseconds, double Bytes)>()).ToArray();
            for (var round = -1; round < Rounds; round++)
            {
                for (var turn = 0; turn < caches.Length; turn++)
                {
                    var number = (round + 1 + turn) % caches.Length;
                    var measured = await LoopAsync(caches[number].Get, keys);
                    if (round >= 0)
                    {
                        rounds[number].Add(measured);
                    }
                }
            }

            for (var number = 0; number < caches.Length; number++)
            {
                var nanoseconds = rounds[number].Select(static round => round.Nanoseconds).Order().ElementAt(Rounds / 2);
                var ratio = rounds[number].Zip(rounds[0], static (mine, first) => first.Nanoseconds / mine.Nanoseconds).Order().ElementAt(Rounds / 2);
                results.Add(value, caches[number].Name, $"{1e9 / nanoseconds:N0}", $"{nanoseconds:N0}", $"{rounds[number].Min(static round => round.Bytes):N0}", $"{ratio:F2}");
            }
        }
    }

    private static async Task<(double Nanoseconds, double Bytes)> LoopAsync<T>(Func<string, ValueTask<T>> get, string[] keys)
    {
        foreach (var key in keys)
        {
            await get(key);
        }

        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var began = Stopwatch.GetTimestamp();
        for (var call = 0; call < Calls; call++)
        {
            var hit = get(keys[call % keys.Length]);
            WrongAnswerException.ThrowUnless(hit.IsCompletedSuccessfully, "a hit in memory");
            await hit;
        }

        return (Stopwatch.GetElapsedTime(began).TotalNanoseconds / Calls, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)Calls);
    }

    private static ServiceCollection Services()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresSolidHybridCache(static options =>
        {
            options.ConnectionString = PostgresServer.AddressFor(Table.ApplicationName);
            options.SweepExpiredEntries = false;
        });
        return services;
    }
}
