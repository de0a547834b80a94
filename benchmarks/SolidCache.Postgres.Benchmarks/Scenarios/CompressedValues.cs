using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Values that the server compresses, and that the process compresses, beside Redis with the same bytes, in turn, round by round.</summary>
internal static class CompressedValues
{
    private const int Callers = 64;
    private const int Rounds = 5;
    private const int MostBytes = 64_000_000;
    private const string Schema = "benchmark_compressed";

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("compressed-values", "Value bytes", "Content", "Compressed by", "Sets/s", "Sets ÷ Redis", "Gets/s", "Gets ÷ Redis", "MB");
        await using var redis = await ContestantList.CreateAsync(ContestantName.Redis, table.Server);
        await table.ExecuteAsync($"DROP SCHEMA IF EXISTS {Schema} CASCADE");
        var compressing = table.CacheWith(static options => (options.SchemaName, options.CompressValuesFrom) = (Schema, 1_024));
        await compressing.GetAsync("creates the schema");
        IDistributedCache[] caches = [redis.Filler, table.Cache, compressing];
        foreach (var bytes in (int[])[2_048, 16_384, 102_400])
        {
            foreach (var (content, create) in Contents.All)
            {
                var data = new Dataset(KeySpace.Fixed, Enumerable.Range(1, Math.Min(settings.Rows, MostBytes / bytes)), bytes, create);
                await table.ExecuteAsync($"TRUNCATE solid_cache_entries, {Schema}.solid_cache_entries");
                await redis.ClearAsync();
                foreach (var cache in caches)
                {
                    await Filling.AddAsync(cache, data);
                }

                await table.ExecuteAsync($"VACUUM ANALYZE solid_cache_entries, {Schema}.solid_cache_entries");
                await table.ExecuteAsync("CHECKPOINT");
                var sizes = (await SizeAsync("public"), await SizeAsync(Schema));
                var gets = await MeasureAsync(caches, new Get(WorkloadName.Get, KeySpace.Fixed), data, settings);
                var sets = await MeasureAsync(caches, new Set(KeySpace.Fixed), data, settings);
                Add("nobody (Redis)", 0, "");
                Add("the server", 1, $"{sizes.Item1:F1}");
                Add("the process", 2, $"{sizes.Item2:F1}");

                void Add(string by, int number, string size) => results.Add(
                    $"{bytes:N0}", content, by, $"{sets[number].Rate:N0}", $"{sets[number].Ratio:F2}", $"{gets[number].Rate:N0}", $"{gets[number].Ratio:F2}", size);
            }
        }

        return results;

        async Task<double> SizeAsync(string schema) => await table.ScalarAsync<long>($"SELECT pg_total_relation_size('{schema}.solid_cache_entries')") / 1e6;
    }

    /// <summary>Of each cache the median rate, and the median of what it was beside the first in the same round.</summary>
    private static async Task<(double Rate, double Ratio)[]> MeasureAsync(IDistributedCache[] caches, Workload workload, Dataset data, ScenarioSettings settings)
    {
        var rates = caches.Select(static _ => new double[Rounds]).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < caches.Length; turn++)
            {
                var number = (round + turn) % caches.Length;
                rates[number][round] = (await new ClosedLoop(caches[number], workload, data, Callers).RunAsync(settings.WarmUp, settings.Duration)).OperationsPerSecond;
            }
        }

        return [.. rates.Select(one => (one.Order().ElementAt(Rounds / 2), one.Zip(rates[0], static (rate, first) => rate / first).Order().ElementAt(Rounds / 2)))];
    }
}
