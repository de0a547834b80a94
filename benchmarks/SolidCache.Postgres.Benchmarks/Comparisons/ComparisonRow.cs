using System.Globalization;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Load;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>The medians of a case's rounds, and between what its throughput varied.</summary>
internal sealed record ComparisonRow(ComparisonCase Case, int Rounds, RoundResult Median, double Slowest, double Fastest)
{
    public static readonly string[] Columns =
    [
        "workload", "value_bytes", "callers", "contestant", "rounds", "ops_per_s", "ops_per_s_min", "ops_per_s_max",
        "p50_us", "p99_us", "mean_us", "allocated_bytes_per_op", "connections", "ops_per_round",
    ];

    public static ComparisonRow Of(ComparisonCase @case, IReadOnlyList<RoundResult> rounds) => new(
        @case,
        rounds.Count,
        RoundResult.MedianOf(rounds),
        rounds.Min(round => round.OperationsPerSecond),
        rounds.Max(round => round.OperationsPerSecond));

    public static ComparisonRow Parse(string[] cells)
    {
        var numbers = cells.Select(cell => double.TryParse(cell, CultureInfo.InvariantCulture, out var number) ? number : double.NaN).ToArray();
        return new ComparisonRow(
            new ComparisonCase(Enum.Parse<WorkloadName>(cells[0]), (int)numbers[1], (int)numbers[2], Enum.Parse<ContestantName>(cells[3])),
            (int)numbers[4],
            new RoundResult((long)numbers[13], numbers[5], numbers[8], numbers[9], numbers[10], numbers[11], (int)numbers[12]),
            numbers[6],
            numbers[7]);
    }

    public string[] ToCells() =>
    [
        $"{Case.Workload}", $"{Case.ValueBytes}", $"{Case.Callers}", $"{Case.Contestant}", $"{Rounds}",
        $"{Median.OperationsPerSecond:F0}", $"{Slowest:F0}", $"{Fastest:F0}", $"{Median.P50:F1}", $"{Median.P99:F1}", $"{Median.Mean:F1}",
        $"{Median.AllocatedBytes:F0}", $"{Median.Connections}", $"{Median.Operations}",
    ];
}
