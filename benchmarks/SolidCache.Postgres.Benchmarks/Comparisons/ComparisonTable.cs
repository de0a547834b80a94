using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Results;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>The results as people read them, with what each contestant does for one operation of the two that it is held against.</summary>
internal static class ComparisonTable
{
    public const string Name = "compare";

    public static ResultTable Of(ComparisonResults results, Func<ComparisonCase, bool> isWanted)
    {
        var table = new ResultTable(
            Name, "Workload", "Bytes", "Callers", "Contestant", "ops/s", "p50 ms", "p99 ms", "B/op", "Connections",
            "ops/s ÷ Redis", "p99 ÷ Redis", "ops/s ÷ plain", "p99 ÷ plain");
        foreach (var row in results.Rows.Where(row => isWanted(row.Case)))
        {
            var (@case, median) = (row.Case, row.Median);
            var redis = results.Find(@case with { Contestant = ContestantName.Redis });
            var plain = results.Find(@case with { Contestant = ContestantName.PlainNpgsql });
            table.Add(
                $"{@case.Workload}", $"{@case.ValueBytes}", $"{@case.Callers}", $"{@case.Contestant}",
                $"{median.OperationsPerSecond:N0}", $"{median.P50 / 1_000:F2}", $"{median.P99 / 1_000:F2}",
                $"{median.AllocatedBytes:N0}", $"{median.Connections}",
                Ratio(median.OperationsPerSecond, redis?.Median.OperationsPerSecond), Ratio(median.P99, redis?.Median.P99),
                Ratio(median.OperationsPerSecond, plain?.Median.OperationsPerSecond), Ratio(median.P99, plain?.Median.P99));
        }

        return table;
    }

    private static string Ratio(double value, double? reference) => reference is > 0 ? $"{value / reference:F2}" : "";
}
