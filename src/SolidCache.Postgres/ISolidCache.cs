using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres;

/// <summary>
/// A distributed cache in PostgreSQL: <see cref="IBufferDistributedCache"/> and the verbs that a database can offer beyond it.
/// </summary>
/// <remarks>
/// Registered by <c>services.AddPostgresSolidCache()</c>, together with <see cref="IDistributedCache"/> and
/// <see cref="IBufferDistributedCache"/>; all three resolve to the same instance. Every member is safe to call from many threads.
/// </remarks>
public interface ISolidCache : IBufferDistributedCache
{
    /// <summary>Tells whether a live entry is stored under <paramref name="key"/>, without extending its sliding expiration.</summary>
    /// <param name="key">The key; any string but null.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns><see langword="true"/> if an entry is there and has not expired.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    Task<bool> ExistsAsync(string key, CancellationToken token = default);

    /// <summary>Reads how long an entry still lives if nobody touches it, without extending its sliding expiration.</summary>
    /// <param name="key">The key; any string but null.</param>
    /// <param name="token">Cancels the call.</param>
    /// <returns>
    /// The remaining life by the database's clock, at most the sliding window of a sliding entry;
    /// <see cref="TimeSpan.MaxValue"/> for an entry that never expires; null when there is no live entry.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> is null.</exception>
    Task<TimeSpan?> GetTimeToLiveAsync(string key, CancellationToken token = default);

    /// <summary>Removes every entry whose key starts with <paramref name="prefix"/>.</summary>
    /// <remarks>
    /// Runs as a range on the primary key, a thousand rows a transaction; an entry that is set while the removal runs may survive it. One removal by
    /// prefix or pattern runs at a time in a process.
    /// A key of more than about 950 bytes is matched by its readable part (see docs/schema.md): a longer prefix removes
    /// every long key that shares that part, and never leaves a match behind. The call is bounded by
    /// <paramref name="token"/>, not by <see cref="PostgresSolidCacheOptions.OperationTimeout"/>; but it ends with a <see cref="TimeoutException"/>
    /// when none of the rows it waits for, which others have locked, becomes free for that long. What it removed until then stays removed.
    /// </remarks>
    /// <param name="prefix">The start of the keys, compared exactly; the empty string matches every key of this cache.</param>
    /// <param name="token">Stops the removal; what it removed until then stays removed.</param>
    /// <returns>How many rows were removed, those included that had expired and were not swept yet.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="prefix"/> is null.</exception>
    Task<long> RemoveByPrefixAsync(string prefix, CancellationToken token = default);

    /// <summary>Removes every entry whose key matches an SQL <c>LIKE</c> pattern.</summary>
    /// <remarks>
    /// <c>%</c> stands for any run of characters, <c>_</c> for one, and <c>\</c> takes the next character literally. What stands before
    /// the first wildcard limits the rows that are read; a pattern that starts with a wildcard reads all keys. The pattern is held
    /// against the stored key, in which the end of a key of more than 1,024 bytes is a hash (see docs/schema.md).
    /// </remarks>
    /// <param name="pattern">The pattern; it must match the whole key.</param>
    /// <param name="token">Stops the removal; what it removed until then stays removed.</param>
    /// <returns>How many rows were removed, those included that had expired and were not swept yet.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="pattern"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="pattern"/> ends in a lone <c>\</c>, or holds U+0000 or half of a surrogate pair.
    /// </exception>
    Task<long> RemoveByPatternAsync(string pattern, CancellationToken token = default);

    /// <summary>Removes all expired entries of the table now, in short transactions, whichever cache or prefix they belong to.</summary>
    /// <remarks>The hosted sweeper does this by itself every <see cref="PostgresSolidCacheOptions.SweepInterval"/>.</remarks>
    /// <param name="token">Stops the removal; what it removed until then stays removed.</param>
    /// <returns>How many entries this call removed.</returns>
    Task<long> RemoveExpiredAsync(CancellationToken token = default);

    /// <summary>Counts the table's entries: exactly while the table is small, by a sample of its blocks, always the same, when it is large.</summary>
    /// <param name="token">Cancels the call.</param>
    /// <returns>Figures of the whole table, whichever prefix the entries belong to.</returns>
    Task<SolidCacheStatistics> GetStatisticsAsync(CancellationToken token = default);
}
