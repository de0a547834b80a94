using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>The column's storage and the size from which rows are moved to TOAST, for values that compress and values that do not.</summary>
internal static class ValueStorage
{
    private const int Callers = 16;
    private const int DefaultToastTarget = 2_032;
    private const int LargestToastTarget = 8_160;

    private static readonly (int Bytes, string Storage, int ToastTarget)[] Cases =
    [
        (1_024, "EXTENDED", DefaultToastTarget),
        (1_024, "EXTERNAL", DefaultToastTarget),
        (4_096, "EXTENDED", DefaultToastTarget),
        (4_096, "EXTERNAL", DefaultToastTarget),
        (4_096, "MAIN", LargestToastTarget),
        (16_384, "EXTENDED", DefaultToastTarget),
        (16_384, "EXTERNAL", DefaultToastTarget),
        (102_400, "EXTENDED", DefaultToastTarget),
        (102_400, "EXTERNAL", DefaultToastTarget),
    ];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("value-storage", "Value bytes", "Content", "STORAGE", "toast_tuple_target", "Sets/s", "Gets/s", "Table MB", "TOAST MB");
        foreach (var (bytes, storage, toastTarget) in Cases)
        {
            await table.ExecuteAsync($"ALTER TABLE solid_cache_entries ALTER COLUMN value SET STORAGE {storage}, SET (toast_tuple_target = {toastTarget})");
            foreach (var (content, create) in (IEnumerable<(string, Func<Random, int, byte[]>?)>)[("random", null), ("JSON", Dataset.JsonBytes)])
            {
                await table.ClearAsync();
                var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, Math.Min(settings.Rows, 100_000_000 / bytes)), bytes, create);
                await Task.WhenAll(data.Keys.Select((key, number) => table.Cache.SetAsync(key, data.Values[number % data.Values.Length], KeySpace.Rows.Expiration)));
                await table.SettleAsync();
                var sizes = await TableSizes.OfAsync(table);
                var sets = await new ClosedLoop(table.Cache, new Set(KeySpace.Rows), data, Callers).RunAsync(settings.WarmUp, settings.Duration);
                var gets = await new ClosedLoop(table.Cache, new Get(WorkloadName.Get, KeySpace.Rows), data, Callers).RunAsync(settings.WarmUp, settings.Duration);
                results.Add(
                    $"{bytes:N0}", content, storage, $"{toastTarget:N0}", $"{sets.OperationsPerSecond:N0}", $"{gets.OperationsPerSecond:N0}",
                    $"{sizes.Table / 1e6:F1}", $"{sizes.Toast / 1e6:F1}");
            }
        }

        return results;
    }
}
