namespace SolidCache.Postgres;

/// <summary>What an acknowledged set survives. Removes are always as durable as <see cref="Full"/>.</summary>
public enum SolidCacheDurability
{
    /// <summary>
    /// Sets are acknowledged before their transaction is flushed to disk (<c>synchronous_commit = off</c>). A crash of the server may
    /// lose the sets of about the last half second (three times <c>wal_writer_delay</c>), never the table's integrity.
    /// </summary>
    Relaxed,

    /// <summary>Sets are acknowledged when their transaction is durable, as the server's <c>synchronous_commit</c> defines it.</summary>
    Full,
}
