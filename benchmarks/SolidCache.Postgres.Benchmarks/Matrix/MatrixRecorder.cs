using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Load;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>
/// What the benchmarks saw and BenchmarkDotNet does not measure. Static, since the columns have no other way to it; that works because
/// the benchmarks run in this process.
/// </summary>
internal static class MatrixRecorder
{
    private static readonly Dictionary<ComparisonCase, (LatencyHistogram Latencies, int Connections)> Records = [];

    public static void Record(ComparisonCase @case, LatencyHistogram latencies, int connections) => Records[@case] = (latencies, connections);

    public static (LatencyHistogram Latencies, int Connections)? Find(ComparisonCase @case) =>
        Records.TryGetValue(@case, out var record) ? record : null;
}
