using SolidCache.Postgres;

namespace AuthService.Administration;

internal sealed record CacheStatisticsReply(long TotalEntries, long ExpiredEntries, long TotalSizeBytes, double TotalSizeKb)
{
    public static CacheStatisticsReply From(SolidCacheStatistics statistics) => new(
        statistics.TotalEntries,
        statistics.ExpiredEntries,
        statistics.TotalSizeBytes,
        Math.Round(statistics.TotalSizeBytes / 1024.0, 1));
}
