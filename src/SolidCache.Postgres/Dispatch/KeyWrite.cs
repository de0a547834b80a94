namespace SolidCache.Postgres.Dispatch;

/// <summary>The one row of a batch that a key has: the last write wins, and answers for those that it absorbed.</summary>
/// <param name="Line">The line of its key.</param>
/// <param name="Winner">What is executed.</param>
/// <param name="IsDurable">Whether one of them must be durable.</param>
/// <param name="Began">When the first of them began, by which its time is measured.</param>
internal readonly record struct KeyWrite(KeyLine Line, WriteRequest Winner, bool IsDurable, long Began)
{
    /// <summary>The two as one row. A touch changes nothing about a write that is stored at the same time.</summary>
    public KeyWrite Absorbing(WriteRequest later) => this with
    {
        Winner = later.Kind == WriteKind.Touch ? Winner : later,
        IsDurable = IsDurable || later.IsDurable,
    };
}
