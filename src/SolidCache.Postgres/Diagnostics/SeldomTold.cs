namespace SolidCache.Postgres.Diagnostics;

/// <summary>Keeps what happens at every call from filling the log: it is told once in ten minutes.</summary>
internal sealed class SeldomTold(TimeProvider time)
{
    private static readonly TimeSpan Between = TimeSpan.FromMinutes(10);
    private readonly Lock _gate = new();
    private long? _toldAt;

    public bool IsDue()
    {
        lock (_gate)
        {
            if (_toldAt is { } last && time.GetElapsedTime(last) < Between)
            {
                return false;
            }

            _toldAt = time.GetTimestamp();
            return true;
        }
    }
}
