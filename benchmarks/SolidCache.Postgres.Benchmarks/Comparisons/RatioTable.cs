using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>What the README shows of the results: this library's operations a second divided by those of Redis and of the plain table.</summary>
internal static class RatioTable
{
    public const string Name = "ratios";
    private const int ValueBytes = 1_024;
    private static readonly int[] Callers = [1, 16, 64, 256];
    private static readonly (string Title, WorkloadName Workload)[] Calls =
    [
        ("Get", WorkloadName.Get), ("Get of a sliding entry", WorkloadName.GetSliding), ("Set", WorkloadName.Set), ("Remove, durable", WorkloadName.Remove),
    ];

    public static ResultTable Of(ComparisonResults results)
    {
        var table = new ResultTable(
            Name, ["Call", .. Callers.Select(static callers => Title("Redis", callers)), .. Callers.Select(static callers => Title("plain table", callers))]);
        foreach (var (title, workload) in Calls)
        {
            table.Add([title, .. RatiosTo(ContestantName.Redis), .. RatiosTo(ContestantName.PlainNpgsql)]);

            IEnumerable<string> RatiosTo(ContestantName rival) => Callers.Select(callers => Ratio(
                results.Find(new(workload, ValueBytes, callers, ContestantName.SolidCache)), results.Find(new(workload, ValueBytes, callers, rival))));
        }

        return table;
    }

    private static string Title(string rival, int callers) => callers == 1 ? $"÷ {rival}, 1 caller" : $"{callers}";

    private static string Ratio(ComparisonRow? ours, ComparisonRow? theirs)
    {
        if (ours is null || theirs is null)
        {
            return "";
        }

        var ratio = ours.Median.OperationsPerSecond / theirs.Median.OperationsPerSecond;
        return ratio < 10 ? $"{ratio:F2}" : $"{ratio:F0}";
    }
}
