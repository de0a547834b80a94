namespace SolidCache.Postgres.Dispatch;

/// <summary>The one row of a batch that a key has: the last write wins, and answers for those that it absorbed.</summary>
/// <param name="line">The line of its key.</param>
/// <param name="winner">What is executed.</param>
/// <param name="durable">Whether one of them must be durable.</param>
internal sealed class KeyWrite(KeyLine line, WriteRequest winner, bool durable)
{
    public KeyLine Line => line;

    public WriteRequest Winner => winner;

    public bool IsDurable => durable;
}
