using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How fast a sweep deletes the expired half of a table with and without its throttle, and whether new entries take the space.</summary>
internal static class SweepRate
{
    private const int ValueBytes = 1_024;
    private const string IsExpired = "i % 2 = 0";
    private const string HalfExpired = $"CASE WHEN {IsExpired} THEN now() - interval '1 hour' ELSE 'infinity' END";

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("sweep-rate", "Throttle", "Deleted", "Seconds", "Rows/s", "Table MB", "after the sweep", "filled again");
        await MeasureAsync(table, table.Cache, settings, results, "50 MB/s (default)");
        await MeasureAsync(table, table.CacheWith(options => options.SweepMegabytesPerSecond = 100_000), settings, results, "none");
        return results;
    }

    private static async Task MeasureAsync(Table table, ISolidCache cache, ScenarioSettings settings, ResultTable results, string throttle)
    {
        await table.ClearAsync();
        await table.FillAsync(settings.Rows, ValueBytes, HalfExpired);
        await table.SettleAsync();
        var before = await TableSizes.OfAsync(table);
        var clock = Stopwatch.StartNew();
        var deleted = await cache.RemoveExpiredAsync();
        clock.Stop();
        // What autovacuum does within a minute.
        await table.SettleAsync();
        var swept = await TableSizes.OfAsync(table);
        await table.FillAsync(settings.Rows, ValueBytes, "'infinity'", IsExpired);
        var refilled = await TableSizes.OfAsync(table);
        results.Add(
            throttle, $"{deleted:N0}", $"{clock.Elapsed.TotalSeconds:F1}", $"{deleted / clock.Elapsed.TotalSeconds:N0}",
            $"{before.Table / 1e6:N0}", $"{swept.Table / 1e6:N0}", $"{refilled.Table / 1e6:N0}");
    }
}
