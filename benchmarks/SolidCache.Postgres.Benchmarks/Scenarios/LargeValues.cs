using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Gets and sets of small values while other callers write and read large ones, against without them, in turn.</summary>
internal static class LargeValues
{
    private const int SmallBytes = 1_024;
    private const int LargeBytes = 10_000_000;
    private const int Callers = 16;
    private const int LargeCallers = 2;
    private const int Rounds = 3;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        await table.FillAsync(settings.Rows, SmallBytes, "'infinity'");
        await table.SettleAsync();
        var data = new Dataset(KeySpace.Rows, Enumerable.Range(1, settings.Rows), SmallBytes);
        var results = new ResultTable(
            "large-values", "Workload", "Large values", "ops/s", "p50 ms", "p99 ms", "p50 ÷ without", "p99 ÷ without", "Large ops/s");
        foreach (var workload in (Workload[])[new Get(WorkloadName.Get, KeySpace.Rows), new Set(KeySpace.Rows)])
        {
            await MeasureAsync(table, workload, data, settings, results);
        }

        return results;
    }

    private static async Task MeasureAsync(Table table, Workload workload, Dataset data, ScenarioSettings settings, ResultTable results)
    {
        List<RoundResult> without = [], beside = [];
        var large = 0L;
        for (var round = 0; round < Rounds; round++)
        {
            without.Add(await RoundAsync());
            using var stop = new CancellationTokenSource();
            var others = Enumerable.Range(0, LargeCallers).Select(caller => Task.Run(() => WriteAndReadAsync(table, caller, stop.Token))).ToArray();
            beside.Add(await RoundAsync());
            await stop.CancelAsync();
            large += (await Task.WhenAll(others)).Sum();
        }

        var (calm, disturbed) = (RoundResult.MedianOf(without), RoundResult.MedianOf(beside));
        Add("without", calm, 0);
        Add("beside", disturbed, large / (Rounds * (settings.WarmUp + settings.Duration).TotalSeconds));

        Task<RoundResult> RoundAsync() => new ClosedLoop(table.Cache, workload, data, Callers).RunAsync(settings.WarmUp, settings.Duration);

        void Add(string condition, RoundResult round, double largePerSecond) => results.Add(
            $"{workload.Name}", condition, $"{round.OperationsPerSecond:N0}", $"{round.P50 / 1_000:F3}", $"{round.P99 / 1_000:F3}",
            $"{round.P50 / calm.P50:F2}", $"{round.P99 / calm.P99:F2}", $"{largePerSecond:F1}");
    }

    private static async Task<int> WriteAndReadAsync(Table table, int caller, CancellationToken stop)
    {
        var value = new byte[LargeBytes];
        new Random(caller).NextBytes(value);
        var calls = 0;
        for (; !stop.IsCancellationRequested; calls += 2)
        {
            await table.Cache.SetAsync($"large{caller}", value, KeySpace.Rows.Expiration, CancellationToken.None);
            var read = await table.Cache.GetAsync($"large{caller}", CancellationToken.None);
            WrongAnswerException.ThrowUnless(read?.Length == LargeBytes, $"large{caller}");
        }

        return calls;
    }
}
