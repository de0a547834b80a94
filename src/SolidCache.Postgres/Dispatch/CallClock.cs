using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>The one limit of a call, from its beginning, and the clock that measures it: monotonic, in timestamps.</summary>
/// <param name="limit">How long a call may take, whatever it waits for.</param>
/// <param name="time">The clock.</param>
/// <param name="table">Named in errors.</param>
internal sealed class CallClock(TimeSpan limit, TimeProvider time, TableName table)
{
    private readonly long _limit = (long)(limit.TotalSeconds * time.TimestampFrequency);

    public TimeSpan Limit => limit;

    public long Now => time.GetTimestamp();

    /// <summary>Whether a call that began at a timestamp has run out of time.</summary>
    public bool IsOver(long began) => Now - began >= _limit;

    /// <summary>Calls that began before this have run out of time.</summary>
    public long Oldest => Now - _limit;

    /// <summary>The moment at which a call that began at a timestamp runs out of time, and so much later.</summary>
    public long DeadlineOf(long began, TimeSpan later) => began + _limit + (long)(later.TotalSeconds * time.TimestampFrequency);

    public TimeSpan Between(long earlier, long later) => time.GetElapsedTime(earlier, later);

    public TimeSpan Since(long timestamp) => time.GetElapsedTime(timestamp);

    /// <summary>What a call ends with that ran out of time.</summary>
    public TimeoutException OutOfTime(Exception? cause = null) =>
        new($"The cache {table} had no answer from its server within {limit.TotalSeconds} seconds ({nameof(PostgresSolidCacheOptions.OperationTimeout)}), the wait for a connection of its pool included.", cause);
}
