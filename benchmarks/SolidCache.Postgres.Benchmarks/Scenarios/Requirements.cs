using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>The mean of a thousand calls one after the other, beside the figures of the service that inspired the library.</summary>
internal static class Requirements
{
    private const int Calls = 1_000;
    private const int WarmUpCalls = 5_000;
    private const int ValueBytes = 1_024;

    public static async Task<ResultTable> RunAsync(Table table, ScenarioSettings settings)
    {
        var results = new ResultTable("requirements", "Call", "Mean ms", "p99 ms", "Inspiration's mean ms");
        foreach (var (name, workload, reference) in new (string, Workload, double)[]
        {
            ("SET", new Set(KeySpace.Fixed), 0.47),
            ("GET", new Get(WorkloadName.Get, KeySpace.Fixed), 0.37),
            ("SET JSON", new SetJson(), 0.40),
            ("GET JSON", new GetJson(), 0.33),
        })
        {
            var data = new Dataset(workload.KeySpace, settings.Rows, ValueBytes);
            await Filling.AddAsync(table.Cache, data);
            await new ClosedLoop(table.Cache, workload, data, callers: 1).RunAsync(WarmUpCalls);
            var loop = new ClosedLoop(table.Cache, workload, data, callers: 1);
            await loop.RunAsync(Calls);
            var latencies = loop.Latencies();
            results.Add(name, $"{latencies.MeanMicroseconds / 1_000:F2}", $"{latencies.Quantile(0.99) / 1_000:F2}", $"{reference:F2}");
        }

        return results;
    }
}
