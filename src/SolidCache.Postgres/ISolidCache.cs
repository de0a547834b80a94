using System.Data.Common;
using System.Runtime.CompilerServices;
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
    /// <summary>Reads an entry, or has its value made and stores it: by one caller of all nodes, while the others wait.</summary>
    /// <remarks>
    /// <para>
    /// Who misses takes a lease on the entry before the factory runs, and the value is stored only under it. A removal of the entry, by whichever node and also
    /// within a transaction, ends the lease: a value that was made from data of before the change is never stored. Callers of one process share one run of the
    /// factory; those of other nodes wait for it (<see cref="SolidCacheEntryOptions.LeaseWait"/>).
    /// </para>
    /// <para>
    /// A factory may take as long as it takes. It is cancelled when nobody waits for it any more; one caller's cancellation ends only his own wait. What it
    /// throws reaches all who share it, and frees the lease. Where no lease can be had (a read-only server, a row that is locked, an outage that
    /// <see cref="SolidCacheFailureMode.Degrade"/> hides), it runs and its value is returned without being stored; so is one of more than
    /// <see cref="PostgresSolidCacheOptions.MaxValueBytes"/>. A stored value is relaxed (<see cref="SolidCacheDurability"/>): what a crash of the server takes is made again.
    /// </para>
    /// <para>It may run in the background after the call, with <see cref="SolidCacheEntryOptions.AllowStaleFor"/> or <see cref="SolidCacheEntryOptions.RefreshBefore"/>: then it must not use what ends with the call's scope. It runs outside of an ambient <see cref="System.Transactions.TransactionScope"/>: others share its value, and may not be given what is not committed. For the same reason it must not read in a transaction of its caller's that is open. Nor must it ask for its own key: it would wait for itself.</para>
    /// <para>
    /// All callers of a key give the same tags: an entry has those of the call that made it, also for those who shared the run. And a factory needs a time limit of its own: who
    /// asks after a removal while a run of before it is under way in his process waits for its end before the value is made anew; the result of that run is discarded.
    /// </para>
    /// </remarks>
    /// <param name="key">The key; any string but null.</param>
    /// <param name="factory">Makes the value; not null.</param>
    /// <param name="options">When it expires, its tags, and how long others wait; null for the cache's default.</param>
    /// <param name="token">Ends this call's wait.</param>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="key"/> or <paramref name="factory"/> is null.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration lies in the past.</exception>
    [OverloadResolutionPriority(1)] // What an argument "new() { .. }" or null means.
    ValueTask<byte[]> GetOrCreateAsync(
        string key, Func<CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default);

    /// <inheritdoc cref="GetOrCreateAsync(string, Func{CancellationToken, ValueTask{byte[]}}, SolidCacheEntryOptions?, CancellationToken)"/>
    /// <typeparam name="TState">The type of what the factory needs.</typeparam>
    /// <param name="state">Handed to the factory, so that it captures nothing and a hit allocates nothing for it.</param>
    ValueTask<byte[]> GetOrCreateAsync<TState>(
        string key, TState state, Func<TState, CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default);

    /// <summary>Removes every entry that was stored with a tag, and ends whatever is being made with it.</summary>
    /// <remarks>
    /// All of them are misses from one moment on, and durably; their rows are deleted after it, in short transactions. An entry that is stored while the removal runs may survive it.
    /// </remarks>
    /// <param name="tag">The tag, compared exactly.</param>
    /// <param name="token">Stops the deletion; the entries are misses all the same once it has begun.</param>
    /// <returns>How many rows were deleted, those included that had expired and were not swept yet.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tag"/> is null.</exception>
    Task<long> RemoveByTagAsync(string tag, CancellationToken token = default);

    /// <summary>Removes every entry that was stored with one of some tags, at one moment.</summary>
    /// <inheritdoc cref="RemoveByTagAsync(string, CancellationToken)"/>
    /// <param name="tags">The tags; none removes nothing.</param>
    /// <exception cref="ArgumentException">A tag is null.</exception>
    Task<long> RemoveByTagAsync(IReadOnlyCollection<string> tags, CancellationToken token = default);

    /// <summary>The cache within a transaction of the application's.</summary>
    /// <param name="transaction">An <c>NpgsqlTransaction</c> of the cache's database, or one that wraps it, as profilers do; not ended yet.</param>
    /// <returns>Removals and sets that take effect when the transaction commits.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="transaction"/> is null.</exception>
    /// <exception cref="ArgumentException">It has been committed or rolled back already.</exception>
    ISolidCacheTransaction InTransaction(DbTransaction transaction);

    /// <summary>
    /// The cache within whatever transaction a connection is in: its own, or that of a <see cref="System.Transactions.TransactionScope"/> in which it was opened. Outside of one
    /// each call is a transaction by itself. An ambient scope by itself captures nothing of the cache.
    /// </summary>
    /// <param name="connection">An open <c>NpgsqlConnection</c> to the cache's database, or one that wraps it.</param>
    /// <returns>Removals and sets that take effect when the transaction commits.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connection"/> is null.</exception>
    ISolidCacheTransaction InTransactionOf(DbConnection connection);

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
