using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Plots;

/// <summary>Throughput and p99 by the number of callers, at 1 KB.</summary>
internal static class ComparisonCharts
{
    private const int ValueBytes = 1_024;

    private static readonly (WorkloadName Workload, string File, string Title)[] Charts =
    [
        (WorkloadName.Get, "get", "Get, 1 KB"),
        (WorkloadName.GetSliding, "get-sliding", "Get of a sliding entry, 1 KB"),
        (WorkloadName.Set, "set", "Set, 1 KB"),
    ];

    public static void Save(ComparisonResults results, string folder)
    {
        foreach (var (workload, file, title) in Charts)
        {
            var rows = results.Rows.Where(row => row.Case.Workload == workload && row.Case.ValueBytes == ValueBytes).ToArray();
            if (rows.Length == 0)
            {
                continue;
            }

            Save(
                rows, $"{title}: operations per second", "operations/s", isLogarithmic: false, median => median.OperationsPerSecond,
                Path.Combine(folder, $"throughput-{file}.svg"));
            Save(
                rows, $"{title}: latency, p99", "p99, ms (logarithmic)", isLogarithmic: true, median => median.P99 / 1_000,
                Path.Combine(folder, $"p99-{file}.svg"));
        }
    }

    private static void Save(ComparisonRow[] rows, string title, string values, bool isLogarithmic, Func<RoundResult, double> value, string path)
    {
        string[] callers = [.. rows.Select(row => row.Case.Callers).Distinct().Order().Select(number => $"{number}")];
        var chart = new LineChart(title, callers, "callers at the same time", values, isLogarithmic);
        foreach (var style in ContestantStyle.All)
        {
            chart.Add($"{style.Contestant}", style.Color, style.Marker, point =>
                rows.SingleOrDefault(row => row.Case.Contestant == style.Contestant && $"{row.Case.Callers}" == point) is { } row ? value(row.Median) : null);
        }

        chart.Save(path);
    }
}
