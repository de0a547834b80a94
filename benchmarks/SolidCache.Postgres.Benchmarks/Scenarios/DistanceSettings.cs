using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Which distances and loads are measured.</summary>
/// <param name="Delays">Milliseconds each way.</param>
/// <param name="Rates">Independent calls a second.</param>
/// <param name="Callers">Callers of a closed loop.</param>
/// <param name="Workloads">Of the fixed key space.</param>
/// <param name="Keys">Entries in the stores.</param>
/// <param name="Rounds">Rounds of each contestant in each case.</param>
/// <param name="Duration">Of a round, at least: one of few calls a second lasts longer.</param>
/// <param name="IsPooled">Whether PgBouncer stands beside the server.</param>
internal sealed record DistanceSettings(
    IReadOnlyList<double> Delays,
    IReadOnlyList<int> Rates,
    IReadOnlyList<int> Callers,
    IReadOnlyList<WorkloadName> Workloads,
    int Keys,
    int Rounds,
    TimeSpan Duration,
    bool IsPooled)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public TimeSpan WarmUp => Duration * 0.3;

    /// <summary>A thousand calls, so that one in a hundred means something, if they come within five seconds.</summary>
    public TimeSpan DurationOf(int rate)
    {
        var thousand = TimeSpan.FromSeconds(Math.Min(1_000.0 / rate, Longest.TotalSeconds * Math.Min(1, Duration.TotalSeconds)));
        return thousand > Duration ? thousand : Duration;
    }
}
