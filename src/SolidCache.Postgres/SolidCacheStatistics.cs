namespace SolidCache.Postgres;

/// <summary>What is stored in the cache's table, at one moment of the database's clock.</summary>
public sealed record SolidCacheStatistics
{
    /// <summary>Gets the number of rows, expired ones included.</summary>
    public required long TotalEntries { get; init; }

    /// <summary>Gets the number of rows that have expired and wait for the next sweep. They are misses already.</summary>
    public required long ExpiredEntries { get; init; }

    /// <summary>
    /// Gets the number of rows that expired longer than one <see cref="PostgresSolidCacheOptions.SweepInterval"/> ago: a sweep should
    /// have removed them.
    /// </summary>
    public required long OverdueEntries { get; init; }

    /// <summary>Gets the size on disk in bytes: table, index and TOAST, free space included (<c>pg_total_relation_size</c>).</summary>
    public required long TotalSizeBytes { get; init; }

    /// <summary>Gets the bytes of keys and values of the rows that have not expired.</summary>
    public required long LiveBytes { get; init; }

    /// <summary>Gets a value indicating whether the counts are estimated from a sample of the table's blocks.</summary>
    public required bool IsEstimate { get; init; }

    /// <summary>Gets how long ago the last sweep of the table finished, on whichever node, or null if none ever did.</summary>
    public required TimeSpan? TimeSinceLastSweep { get; init; }
}
