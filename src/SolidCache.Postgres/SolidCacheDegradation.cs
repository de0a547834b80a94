namespace SolidCache.Postgres;

/// <summary>A call that met an outage and ended as a miss, or without having stored anything.</summary>
public sealed class SolidCacheDegradation
{
    internal SolidCacheDegradation(string operation, Exception error) => (Operation, Error) = (operation, error);

    /// <summary>Gets the call: <c>get</c>, <c>set</c>, <c>refresh</c> or <c>time_to_live</c>, as in the metrics.</summary>
    public string Operation { get; }

    /// <summary>
    /// Gets what it met: a <see cref="SolidCacheException"/> for a call that was refused; for a set that was not stored because a read of its key had
    /// missed, what a read met.
    /// </summary>
    public Exception Error { get; }
}
