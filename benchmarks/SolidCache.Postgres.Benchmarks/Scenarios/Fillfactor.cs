using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How full pages are packed at first: room for new versions of their rows, against more pages.</summary>
internal static class Fillfactor
{
    private const int Callers = 64;
    private static readonly int[] Sizes = [100, 1_024];
    private static readonly int[] Factors = [60, 80, 90, 100];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("fillfactor", "Value bytes", "fillfactor", "Sets/s", "p99 ms", "Gets/s", "HOT %", "Table MB");
        foreach (var valueBytes in Sizes)
        {
            foreach (var factor in Factors)
            {
                await MeasureAsync(table, settings, results, valueBytes, factor);
            }
        }

        return results;
    }

    private static async Task MeasureAsync(Table table, ScenarioSettings settings, ResultTable results, int valueBytes, int factor)
    {
        await table.ClearAsync();
        await table.ExecuteAsync($"ALTER TABLE solid_cache_entries SET (fillfactor = {factor})");
        await table.FillAsync(settings.Rows, valueBytes, "'infinity'");
        await table.SettleAsync();
        var (before, counted) = (await TableSizes.OfAsync(table), await UpdateCounters.ReadAsync(table));
        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, settings.Rows), valueBytes);
        var sets = await new ClosedLoop(table.Cache, new Set(KeySpace.Rows), data, Callers).RunAsync(settings.WarmUp, settings.Duration);
        var gets = await new ClosedLoop(table.Cache, new Get(WorkloadName.Get, KeySpace.Rows), data, Callers).RunAsync(settings.WarmUp, settings.Duration);
        var (after, counters) = (await TableSizes.OfAsync(table), await UpdateCounters.ReadAsync(table));
        results.Add(
            $"{valueBytes:N0}", $"{factor}", $"{sets.OperationsPerSecond:N0}", $"{sets.P99 / 1_000:F2}", $"{gets.OperationsPerSecond:N0}",
            $"{100.0 * (counters.Hot - counted.Hot) / (counters.Updates - counted.Updates):F1}", TableSizes.Growth(before.Table, after.Table));
    }
}
