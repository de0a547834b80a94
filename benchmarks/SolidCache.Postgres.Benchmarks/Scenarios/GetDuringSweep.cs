using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Gets of live entries without and during a sweep of the expired ones around them, in turn.</summary>
internal static class GetDuringSweep
{
    private const int ValueBytes = 1_024;
    private const int Callers = 16;
    private const int Rounds = 3;
    private const string IsExpired = "i % 10 <> 0";
    private const string MostExpired = $"CASE WHEN {IsExpired} THEN now() - interval '1 hour' ELSE 'infinity' END";

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var live = settings.Rows / 9;
        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, live).Select(number => number * 10), ValueBytes);
        List<RoundResult> without = [], during = [];
        for (var round = 0; round < Rounds; round++)
        {
            await table.FillAsync(live * 10, ValueBytes, MostExpired, round == 0 ? "true" : IsExpired);
            await table.SettleAsync();
            await MeasureAsync(table, data, settings); // for nothing: the table has just been rewritten
            without.Add(await MeasureAsync(table, data, settings));
            var sweep = table.Cache.RemoveExpiredAsync();
            during.Add(await MeasureAsync(table, data, settings));
            if (sweep.IsCompleted)
            {
                throw new InvalidOperationException("The sweep ended before the measurement. Ask for more --rows or fewer --seconds.");
            }

            await sweep;
        }

        var results = new ResultTable("get-during-sweep", "Sweep", "ops/s", "p50 ms", "p99 ms", "p99 ÷ without");
        var (calm, swept) = (RoundResult.MedianOf(without), RoundResult.MedianOf(during));
        Add("without", calm);
        Add("during", swept);
        return results;

        void Add(string condition, RoundResult round) => results.Add(
            condition, $"{round.OperationsPerSecond:N0}", $"{round.P50 / 1_000:F3}", $"{round.P99 / 1_000:F3}", $"{round.P99 / calm.P99:F2}");
    }

    private static Task<RoundResult> MeasureAsync(Table table, Dataset data, ScenarioSettings settings) =>
        new ClosedLoop(table.Cache, new Get(WorkloadName.Get, KeySpace.Rows), data, Callers).RunAsync(settings.WarmUp, settings.Duration);
}
