namespace SolidCache.Postgres.Dispatch;

/// <summary>The one row of a batch that a key has: the last write wins, and answers for those that it absorbed.</summary>
/// <param name="Line">The line of its key; null for a touch, which needs no order.</param>
/// <param name="Winner">What is executed.</param>
/// <param name="Kind">The winner's, made durable by what it absorbed.</param>
internal readonly record struct KeyWrite(KeyLine? Line, WriteRequest Winner, WriteKind Kind)
{
    /// <summary>Its time is counted from the beginning of the last of them.</summary>
    public long Began => Winner.Began;
}
