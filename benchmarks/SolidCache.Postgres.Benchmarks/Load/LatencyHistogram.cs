using System.Numerics;

namespace SolidCache.Postgres.Benchmarks.Load;

/// <summary>
/// Counts latencies in buckets that grow with them: 64 to each power of two of nanoseconds, so that no figure is off by more than 1.6 %
/// and recording allocates nothing. One writer.
/// </summary>
internal sealed class LatencyHistogram
{
    private const int SubBucketBits = 6;
    private const int SubBuckets = 1 << SubBucketBits;
    private const int Powers = 40 - SubBucketBits; // up to 2^40 ns, 18 minutes

    private readonly int[] _counts = new int[(Powers + 2) * SubBuckets];
    private double _totalNanoseconds;

    public long Count { get; private set; }

    public double MeanMicroseconds => Count == 0 ? 0 : _totalNanoseconds / Count / 1_000;

    public void Record(TimeSpan latency)
    {
        var nanoseconds = Math.Max(0, (long)latency.TotalNanoseconds);
        _counts[Math.Min(BucketOf(nanoseconds), _counts.Length - 1)]++;
        _totalNanoseconds += nanoseconds;
        Count++;
    }

    public void Add(LatencyHistogram other)
    {
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            _counts[bucket] += other._counts[bucket];
        }

        _totalNanoseconds += other._totalNanoseconds;
        Count += other.Count;
    }

    /// <returns>The latency in microseconds that the given part of the calls did not exceed.</returns>
    public double Quantile(double part)
    {
        var rank = (long)Math.Ceiling(part * Count);
        var bucket = 0;
        for (var seen = (long)_counts[0]; seen < rank; seen += _counts[bucket])
        {
            bucket++;
        }

        return MiddleOf(bucket) / 1_000;
    }

    private static int BucketOf(long nanoseconds)
    {
        var shift = Math.Max(0, BitOperations.Log2((ulong)nanoseconds | 1) - SubBucketBits);
        return (shift * SubBuckets) + (int)(nanoseconds >> shift);
    }

    private static double MiddleOf(int bucket)
    {
        var shift = Math.Max(0, (bucket / SubBuckets) - 1);
        return (bucket - (shift * SubBuckets) + 0.5) * (1L << shift);
    }
}
