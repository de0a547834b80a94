using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>A hit of <c>GetOrCreateAsync</c> beside a get, a miss beside a get and a set, in turn, round by round; objects in JSON.</summary>
internal static class GetOrCreateCost
{
    private const int ValueBytes = 1_024;
    private const int Rounds = 25;
    private static readonly int[] Callers = [1, 16, 64, 256];

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var data = new Dataset(KeySpace.Profiles, settings.Rows, ValueBytes);
        var results = new ResultTable("get-or-create", "Entry", "Callers", "Call", "ops/s", "p50 ms", "p99 ms", "B/op", "ops/s ÷ first");
        await Filling.AddAsync(table.Cache, data);
        await table.SettleAsync();
        await MeasureAsync("there", [("Get", new GetJson()), ("GetOrCreateAsync", new GetOrCreate(areThere: true))], static () => Task.CompletedTask);
        await MeasureAsync("missing", [("Get and Set", new LookAside()), ("GetOrCreateAsync", new GetOrCreate(areThere: false))], table.ClearAsync);
        return results;

        async Task MeasureAsync(string entry, (string Call, Workload Workload)[] calls, Func<Task> prepareAsync)
        {
            foreach (var callers in Callers)
            {
                var rounds = calls.Select(static _ => new List<RoundResult>()).ToArray();
                for (var round = 0; round < Rounds; round++)
                {
                    for (var turn = 0; turn < calls.Length; turn++)
                    {
                        var number = (round + turn) % calls.Length;
                        await prepareAsync();
                        rounds[number].Add(await new ClosedLoop(table.Cache, calls[number].Workload, data, callers).RunAsync(settings.WarmUp, settings.Duration));
                    }
                }

                for (var number = 0; number < calls.Length; number++)
                {
                    var median = RoundResult.MedianOf(rounds[number]);
                    var ratio = rounds[number].Zip(rounds[0], static (one, first) => one.OperationsPerSecond / first.OperationsPerSecond).Order().ElementAt(Rounds / 2);
                    results.Add(
                        entry, $"{callers}", calls[number].Call, $"{median.OperationsPerSecond:N0}", $"{median.P50 / 1_000:F3}", $"{median.P99 / 1_000:F3}",
                        $"{median.AllocatedBytes:N0}", $"{ratio:F2}");
                }
            }
        }
    }
}
