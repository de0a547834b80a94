using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// How many updates of the table are HOT while <c>GetOrCreateAsync</c> makes values: of a key that was never there the lease is an insert and the fill an update, of
/// an expired entry both are updates.
/// </summary>
internal static class Fills
{
    private static readonly int[] ValueBytes = [200, 1_024];
    private static readonly int[] Callers = [1, 64];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("fills", "Value bytes", "Callers", "Entry", "Made", "Updates", "HOT %", "Table MB");
        foreach (var bytes in ValueBytes)
        {
            var data = new Dataset(KeySpace.Profiles, settings.Rows, bytes);
            foreach (var callers in Callers)
            {
                await table.ClearAsync();
                await MeasureAsync("never there", data, callers);
                await table.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() - interval '1 second'");
                await table.ExecuteAsync("VACUUM FULL ANALYZE solid_cache_entries");
                await MeasureAsync("expired", data, callers);
            }
        }

        return results;

        async Task MeasureAsync(string entry, Dataset data, int callers)
        {
            var sizes = await TableSizes.OfAsync(table);
            var before = await UpdateCounters.ReadAsync(table);
            await new ClosedLoop(table.Cache, new GetOrCreate(areThere: false), data, callers).RunAsync(data.MissingKeys.Length);
            var after = await UpdateCounters.ReadAsync(table);
            var (updates, hot) = (after.Updates - before.Updates, after.Hot - before.Hot);
            results.Add(
                $"{data.ValueBytes:N0}", $"{callers}", entry, $"{data.MissingKeys.Length / callers * callers:N0}", $"{updates:N0}", $"{100.0 * hot / updates:F1}",
                TableSizes.Growth(sizes.Table, (await TableSizes.OfAsync(table)).Table));
        }
    }
}
