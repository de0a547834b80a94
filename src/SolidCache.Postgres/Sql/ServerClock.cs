namespace SolidCache.Postgres.Sql;

/// <summary>
/// The server's clock as seen from here, so that a write can carry its deadline along. It is read on each new connection and once a minute;
/// never later than the server's own by more than the server's clock was turned since.
/// </summary>
internal sealed class ServerClock(TimeProvider time)
{
    private static readonly TimeSpan GoodFor = TimeSpan.FromMinutes(1);
    private Reading? _last;
    private volatile bool _isDoubted;

    public bool IsOld => _isDoubted || Volatile.Read(ref _last) is not { } last || time.GetElapsedTime(last.At) > GoodFor;

    public long Now => time.GetTimestamp();

    /// <param name="microseconds">Since 1970, as the server just answered.</param>
    /// <param name="askedAt">The timestamp from before the question: how long the answer took nobody knows.</param>
    public void Learn(long microseconds, long askedAt)
    {
        Volatile.Write(ref _last, new Reading(microseconds, time.GetTimestamp(), askedAt));
        _isDoubted = false;
    }

    /// <summary>A server that refused a write as late, which was not, has turned its clock. Until it was read anew, others go by the old reading.</summary>
    public void Doubt() => _isDoubted = true;

    /// <summary>
    /// What the server's clock shows, in microseconds since 1970, when some time has passed since a timestamp of here; a little earlier by the time
    /// that the answer took on its way, so that whoever waits here until then has waited long enough.
    /// </summary>
    public long At(long timestamp, TimeSpan later) =>
        Volatile.Read(ref _last) is { } last
            ? last.Microseconds + (long)((timestamp - last.At) * 1e6 / time.TimestampFrequency) + (long)later.TotalMicroseconds
            : 0;

    /// <summary>What the server's clock shows at a timestamp; a little later, by the time that the question and its answer took.</summary>
    public long AtLatest(long timestamp) =>
        Volatile.Read(ref _last) is { } last ? last.Microseconds + (long)((timestamp - last.AskedAt) * 1e6 / time.TimestampFrequency) : 0;

    private sealed record Reading(long Microseconds, long At, long AskedAt);
}
