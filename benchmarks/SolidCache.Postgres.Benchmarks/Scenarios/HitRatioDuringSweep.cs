using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// Whether a sweep over a table that is larger than <c>shared_buffers</c> drives the busy entries out of them. The busy ones lie on a page
/// each, all over the table, and fill a quarter of the buffers.
/// </summary>
internal static class HitRatioDuringSweep
{
    private const int ValueBytes = 1_024;
    private const int BytesOfARow = 1_400; // with its share of a page's reserve
    private const int PageBytes = 8_192;
    private const int Callers = 16;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var buffers = await table.ScalarAsync<long>("SELECT pg_size_bytes(current_setting('shared_buffers'))");
        var rows = settings.Rows > 0 ? settings.Rows : (int)(buffers * 4 / BytesOfARow);
        var distance = Math.Max(2, (int)(rows / (buffers / 4 / PageBytes)));
        await table.FillAsync(rows, ValueBytes, $"CASE WHEN i % {distance} <> 0 AND i % 2 = 0 THEN now() - interval '1 hour' ELSE 'infinity' END");
        await table.SettleAsync();
        var size = await TableSizes.OfAsync(table);
        if (size.Table < buffers * 2)
        {
            throw new InvalidOperationException($"The table of {size.Table:N0} bytes must be twice as large as the shared_buffers of {buffers:N0}.");
        }

        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, rows / distance).Select(number => number * distance), ValueBytes);
        await ReadAllAsync(table, data);
        var results = new ResultTable("hit-ratio-during-sweep", "Sweep", "Hit ratio %", "Blocks looked at", "ops/s", "p50 ms", "p99 ms");
        await MeasureAsync(table, data, settings, results, "before");
        var sweep = table.Cache.RemoveExpiredAsync();
        await MeasureAsync(table, data, settings, results, "during");
        if (sweep.IsCompleted)
        {
            throw new InvalidOperationException("The sweep ended before the measurement. Ask for more --rows or fewer --seconds.");
        }

        await sweep;
        return results;
    }

    private static Task ReadAllAsync(Table table, Dataset data) =>
        Parallel.ForEachAsync(data.Keys, async (key, token) => await table.Cache.GetAsync(key, token));

    private static async Task MeasureAsync(Table table, Dataset data, ScenarioSettings settings, ResultTable results, string condition)
    {
        using var stop = new CancellationTokenSource();
        var probe = BufferProbe.RunAsync(table, data, stop.Token);
        var round = await new ClosedLoop(table.Cache, new Get(WorkloadName.Get, KeySpace.Rows), data, Callers).RunAsync(settings.WarmUp, settings.Duration);
        await stop.CancelAsync();
        var (hits, reads) = await probe;
        results.Add(
            condition, $"{100.0 * hits / (hits + reads):F2}", $"{hits + reads:N0}",
            $"{round.OperationsPerSecond:N0}", $"{round.P50 / 1_000:F3}", $"{round.P99 / 1_000:F3}");
    }
}
