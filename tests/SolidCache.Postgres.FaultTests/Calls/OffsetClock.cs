namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>The clock of a machine on which nobody keeps the time.</summary>
internal sealed class OffsetClock(TimeSpan offset) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + offset;
}
