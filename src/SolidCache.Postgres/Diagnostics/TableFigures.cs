using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Diagnostics;

/// <summary>
/// The table's figures as they were last read. Gauges are asked on a thread that must not wait for a server: they get what is known,
/// and what is old is read anew behind them.
/// </summary>
internal sealed class TableFigures(Func<CancellationToken, ValueTask<SolidCacheStatistics>> read, TimeProvider time)
{
    /// <summary>From this age on they are read anew.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private SolidCacheStatistics? _known;
    private long _readAt;
    private int _isReading;

    /// <returns>Null before the first were read, and after they could not be read.</returns>
    public SolidCacheStatistics? Latest()
    {
        var known = Volatile.Read(ref _known);
        if (AreOld() && Interlocked.Exchange(ref _isReading, 1) == 0)
        {
            _ = ReadAsync();
        }

        return known;
    }

    public void Learn(SolidCacheStatistics? statistics)
    {
        Volatile.Write(ref _readAt, time.GetTimestamp());
        Volatile.Write(ref _known, statistics);
    }

    private bool AreOld() => Volatile.Read(ref _known) is null || time.GetElapsedTime(Volatile.Read(ref _readAt)) > Fresh;

    [SuppressMessage("Design", "CA1031", Justification = "Nobody waits for it: figures that cannot be read are reported as none.")]
    private async Task ReadAsync()
    {
        try
        {
            // Another reading may have ended between the look at their age and this one's start.
            if (AreOld())
            {
                // Nobody to cancel it; the time-out of a statement bounds it.
                Learn(await read(CancellationToken.None).ConfigureAwait(false));
            }
        }
        catch (Exception)
        {
            Learn(null);
        }
        finally
        {
            Volatile.Write(ref _isReading, 0);
        }
    }
}
