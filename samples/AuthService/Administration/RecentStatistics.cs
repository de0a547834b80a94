using SolidCache.Postgres;

namespace AuthService.Administration;

/// <summary>The table's figures, at most two seconds old: however many pages look on, the database is asked once.</summary>
internal sealed class RecentStatistics(ISolidCache cache, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _one = new(1);
    private SolidCacheStatistics? _known;
    private long _readAt;

    public async Task<SolidCacheStatistics> ReadAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_known is null || time.GetElapsedTime(_readAt) > Fresh)
            {
                _known = await cache.GetStatisticsAsync(cancellationToken);
                _readAt = time.GetTimestamp();
            }

            return _known;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
