using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>The options <c>ReadConnections</c> and <c>WriteConnections</c>, in turn, round by round.</summary>
internal static class LaneCounts
{
    private const int ValueBytes = 1_024;
    private const int Rounds = 5;
    private static readonly int[] Lanes = [1, 2, 4];
    private static readonly int[] Callers = [16, 64, 256];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.FillAsync(settings.Rows, ValueBytes, "'infinity'");
        await table.SettleAsync();
        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, settings.Rows), ValueBytes);
        var caches = Lanes.Select(lanes => table.CacheWith(options => (options.ReadConnections, options.WriteConnections) = (lanes, lanes))).ToArray();
        var results = new ResultTable("lanes", "Workload", "Callers", "Connections", "ops/s", "p50 ms", "p99 ms");
        foreach (var workload in (Workload[])[new Get(WorkloadName.Get, KeySpace.Rows), new Set(KeySpace.Rows)])
        {
            foreach (var callers in Callers)
            {
                var rounds = caches.Select(_ => new List<RoundResult>()).ToArray();
                for (var round = 0; round < Rounds; round++)
                {
                    for (var number = 0; number < caches.Length; number++)
                    {
                        rounds[number].Add(await new ClosedLoop(caches[number], workload, data, callers).RunAsync(settings.WarmUp, settings.Duration));
                    }
                }

                for (var number = 0; number < caches.Length; number++)
                {
                    var median = RoundResult.MedianOf(rounds[number]);
                    results.Add(
                        $"{workload.Name}", $"{callers}", $"{Lanes[number]}", $"{median.OperationsPerSecond:N0}",
                        $"{median.P50 / 1_000:F3}", $"{median.P99 / 1_000:F3}");
                }
            }
        }

        return results;
    }
}
