using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// How many overwrites of existing keys stay on their page, and what they do to table, TOAST and index: ten for each row, spread over a
/// time in which autovacuum, which looks once a minute, gets its turns.
/// </summary>
internal static class HotUpdates
{
    private const int Passes = 10;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable(
            "hot-updates", "Value bytes", "Keys", "Callers", "Updates", "HOT %", "Table MB", "TOAST MB", "Index MB", "Autovacuums");
        await MeasureAsync(table, settings, results, 100, callers: 16, inSequence: false);
        await MeasureAsync(table, settings, results, 1_024, callers: 16, inSequence: false);
        await MeasureAsync(table, settings, results, 16_384, callers: 16, inSequence: false);
        // Rows that lie beside each other in one batch: nothing can prune a page while the batch fills it.
        await MeasureAsync(table, settings, results, 1_024, callers: 256, inSequence: true);
        return results;
    }

    private static async Task MeasureAsync(
        Table table, ScenarioSettings settings, ResultTable results, int valueBytes, int callers, bool inSequence)
    {
        await table.ClearAsync();
        await table.FillAsync(settings.Rows, valueBytes, "'infinity'");
        await table.SettleAsync();
        var before = await TableSizes.OfAsync(table);
        var counted = await UpdateCounters.ReadAsync(table);
        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, settings.Rows), valueBytes);
        for (var pass = 0; pass < Passes; pass++)
        {
            var rest = Task.Delay(settings.Duration / Passes);
            await OverwriteAsync(table, data, callers, inSequence, pass);
            await rest;
        }

        var counters = await UpdateCounters.ReadAsync(table);
        var after = await TableSizes.OfAsync(table);
        var (updates, hot) = (counters.Updates - counted.Updates, counters.Hot - counted.Hot);
        results.Add(
            $"{valueBytes:N0}", inSequence ? "consecutive" : "random", $"{callers}", $"{updates:N0}", $"{100.0 * hot / updates:F2}",
            TableSizes.Growth(before.Table, after.Table), TableSizes.Growth(before.Toast, after.Toast), TableSizes.Growth(before.Index, after.Index),
            $"{counters.Autovacuums - counted.Autovacuums}");
    }

    /// <summary>One pass: as many overwrites as there are rows.</summary>
    private static Task OverwriteAsync(Table table, Dataset data, int callers, bool inSequence, int pass)
    {
        var taken = -1;
        return Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random((pass * callers) + caller);
            while (Interlocked.Increment(ref taken) is var turn && turn < data.Keys.Length)
            {
                var key = data.Keys[inSequence ? turn : random.Next(data.Keys.Length)];
                await table.Cache.SetAsync(key, data.Values[random.Next(data.Values.Length)], KeySpace.Rows.Expiration);
            }
        })));
    }
}
