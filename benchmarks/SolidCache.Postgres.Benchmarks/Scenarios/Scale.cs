using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Gets and sets of random rows in tables of several sizes, against the first of them.</summary>
internal static class Scale
{
    private const int ValueBytes = 1_024;
    private const int KeysInMemory = 1_000_000;
    private const int Rounds = 3;
    private static readonly Workload[] Workloads = [new Get(WorkloadName.Get, KeySpace.Rows), new Set(KeySpace.Rows)];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("scale", "Rows", "Workload", "Callers", "ops/s", "p50 ms", "p99 ms", "p50 ÷ first");
        var first = new Dictionary<(WorkloadName, int), double>();
        foreach (var rows in settings.AllRows)
        {
            await table.ClearAsync();
            await table.FillAsync(rows, ValueBytes, "'infinity'");
            await table.SettleAsync();
            var data = new Dataset(KeySpace.Rows, KeysAmong(rows), ValueBytes);
            await WarmUpAsync(table, settings, data);
            foreach (var (workload, callers) in Workloads.SelectMany(workload => (int[])[1, 16], (workload, callers) => (workload, callers)))
            {
                var round = await MeasureAsync(table, workload, data, callers, settings);
                first.TryAdd((workload.Name, callers), round.P50);
                results.Add(
                    $"{rows:N0}", $"{workload.Name}", $"{callers}", $"{round.OperationsPerSecond:N0}", $"{round.P50 / 1_000:F3}", $"{round.P99 / 1_000:F3}",
                    $"{round.P50 / first[(workload.Name, callers)]:F2}");
            }
        }

        return results;
    }

    private static async Task<RoundResult> MeasureAsync(Table table, Workload workload, Dataset data, int callers, ScenarioSettings settings)
    {
        List<RoundResult> rounds = [];
        for (var round = 0; round < Rounds; round++)
        {
            rounds.Add(await new ClosedLoop(table.Cache, workload, data, callers).RunAsync(settings.WarmUp, settings.Duration));
        }

        return RoundResult.MedianOf(rounds);
    }

    /// <summary>So that the first table does not pay for the compiler, nor each for the blocks that the server has not read yet.</summary>
    private static async Task WarmUpAsync(Table table, ScenarioSettings settings, Dataset data)
    {
        foreach (var workload in Workloads)
        {
            await new ClosedLoop(table.Cache, workload, data, callers: 16).RunAsync(settings.WarmUp, settings.Duration);
        }
    }

    /// <summary>All numbers of a small table, and an even part of a large one's.</summary>
    private static IEnumerable<int> KeysAmong(int rows)
    {
        var keys = Math.Min(rows, KeysInMemory);
        return Enumerable.Range(0, keys).Select(number => (int)((long)number * rows / keys) + 1);
    }
}
