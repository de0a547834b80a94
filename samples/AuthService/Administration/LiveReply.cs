using SolidCache.Postgres;

namespace AuthService.Administration;

/// <summary>What the administrators' page shows, refreshed every other second.</summary>
internal sealed record LiveReply(
    string Table,
    long TotalEntries,
    long ExpiredEntries,
    long TotalSizeBytes,
    long LiveBytes,
    bool IsEstimate,
    double? LastSweepAgeSeconds,
    double? HitRatio,
    ActivityPoint[] Seconds,
    SweepRecord[] Sweeps)
{
    public static LiveReply From(PostgresSolidCacheOptions cache, SolidCacheStatistics statistics, CacheActivity activity)
    {
        var (points, hitRatio, sweeps) = activity.Read();
        return new LiveReply(
            $"{cache.SchemaName}.{cache.TableName}",
            statistics.TotalEntries,
            statistics.ExpiredEntries,
            statistics.TotalSizeBytes,
            statistics.LiveBytes,
            statistics.IsEstimate,
            statistics.TimeSinceLastSweep?.TotalSeconds,
            hitRatio,
            points,
            sweeps);
    }
}
