namespace SolidCache.Postgres.Tool.Commands;

/// <summary>The JSON of <c>stats --json</c>, with the names that the health check and the sample use.</summary>
internal sealed record StatsReport(
    long TotalEntries,
    long ExpiredEntries,
    long OverdueEntries,
    long TotalSizeBytes,
    double TotalSizeKb,
    long LiveBytes,
    bool IsEstimate,
    double? LastSweepAgeSeconds)
{
    public static StatsReport From(SolidCacheStatistics statistics) => new(
        statistics.TotalEntries,
        statistics.ExpiredEntries,
        statistics.OverdueEntries,
        statistics.TotalSizeBytes,
        Math.Round(statistics.TotalSizeBytes / 1024.0, 1),
        statistics.LiveBytes,
        statistics.IsEstimate,
        statistics.TimeSinceLastSweep is { } age ? Math.Round(age.TotalSeconds, 1) : null);
}
