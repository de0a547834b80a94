namespace SolidCache.Postgres;

/// <summary>
/// Locks that one caller of all nodes holds, for work that is better not done twice at a time. They are leases of rows in the cache's table: no connection is kept while
/// one is held, and that of a node that died ends by itself.
/// </summary>
/// <remarks>
/// Not for what must never be done twice: a node that stands still for longer than its lease, somebody else's transaction that has the lock's row locked for as long, or an emptied table lets a second caller in.
/// </remarks>
public interface ISolidCacheLocks
{
    /// <summary>Waits for a lock, and keeps it until it is disposed of.</summary>
    /// <param name="name">The lock. Any string, also one that is an entry's key.</param>
    /// <param name="timeout">How long to try. Zero asks once; <see cref="Timeout.InfiniteTimeSpan"/> tries for as long as it takes. For the server's answer it waits a quarter of a second in any case.</param>
    /// <param name="duration">
    /// How long others leave it to a holder of whom nothing is heard: 100 milliseconds to an hour. Null for 10 seconds. It is renewed three times in this time while it is held.
    /// </param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>The lock; null when the time is up.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="name"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A time is out of its range.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="SolidCacheException">Nobody could say whether it is free: the database is away, or the cache is read-only.</exception>
    Task<ISolidCacheLock?> TryAcquireAsync(string name, TimeSpan timeout, TimeSpan? duration = null, CancellationToken token = default);

    /// <inheritdoc cref="TryAcquireAsync"/>
    /// <summary>The same, blocking. What asks the server is not interrupted: it may take <see cref="PostgresSolidCacheOptions.OperationTimeout"/> longer.</summary>
    ISolidCacheLock? TryAcquire(string name, TimeSpan timeout, TimeSpan? duration = null, CancellationToken token = default);
}
