namespace SolidCache.Postgres.Benchmarks.Load;

/// <summary>What one round of load came to.</summary>
/// <param name="Operations">Calls that ended while it was measured.</param>
/// <param name="OperationsPerSecond">Calls that ended in a second.</param>
/// <param name="P50">The median latency in microseconds.</param>
/// <param name="P99">The latency in microseconds that one call in a hundred exceeded.</param>
/// <param name="Mean">The mean latency in microseconds.</param>
/// <param name="AllocatedBytes">What a call allocated in this process, all threads counted.</param>
/// <param name="Connections">How many connections the load used, as the server saw them; of several rounds the most.</param>
internal sealed record RoundResult(
    long Operations, double OperationsPerSecond, double P50, double P99, double Mean, double AllocatedBytes, int Connections)
{
    /// <summary>The median of each figure, so that a round that something disturbed counts for nothing.</summary>
    public static RoundResult MedianOf(IReadOnlyCollection<RoundResult> rounds) => new(
        (long)Median(rounds.Select(round => (double)round.Operations)),
        Median(rounds.Select(round => round.OperationsPerSecond)),
        Median(rounds.Select(round => round.P50)),
        Median(rounds.Select(round => round.P99)),
        Median(rounds.Select(round => round.Mean)),
        Median(rounds.Select(round => round.AllocatedBytes)),
        rounds.Max(round => round.Connections));

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
