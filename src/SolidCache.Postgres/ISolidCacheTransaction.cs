using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres;

/// <summary>
/// The cache within a transaction of the application's, on its own connection: what is removed or stored here takes effect when the transaction commits, with the
/// data and at the same moment, and not at all when it is rolled back. From <see cref="ISolidCache.InTransaction"/>.
/// </summary>
/// <remarks>
/// <para>
/// Until the commit everybody reads the entry as it was, as everybody reads the data as it was; after it nobody does. A value that was read before the
/// change and is made by <c>GetOrCreateAsync</c> is not stored after the removal. Who sets or removes the same key meanwhile waits for the transaction, within his own limit.
/// </para>
/// <para>
/// The connection is left as it is: no setting, no prepared statement, no lock but those of the rows written. Statements wait as its own settings say, and their errors
/// are the driver's. Keys of one call are written in their order; two transactions that remove the same keys in calls of different order can deadlock as with any other
/// rows, so that a transaction best removes all of them at once, right before its commit. At the isolation levels repeatable read and serializable a removal fails with
/// SQLSTATE 40001 when the entry was written since the transaction's first statement, as any update of a row does; a removal by tag writes no row of the entries and does not.
/// </para>
/// </remarks>
public interface ISolidCacheTransaction
{
    /// <summary>Removes entries.</summary>
    /// <param name="keys">Their keys.</param>
    /// <param name="token">Cancels the statement, which PostgreSQL answers by failing the transaction.</param>
    /// <returns>When the statement has been executed; it takes effect with the commit.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="keys"/> is null.</exception>
    /// <exception cref="ArgumentException">A key is null; or the transaction is not one of Npgsql's, or not of the cache's database.</exception>
    /// <exception cref="SolidCacheException">The cache only reads (<see cref="PostgresSolidCacheOptions.ReadOnly"/>).</exception>
    Task RemoveAsync(IReadOnlyCollection<string> keys, CancellationToken token = default);

    /// <inheritdoc cref="RemoveAsync"/>
    void Remove(IReadOnlyCollection<string> keys);

    /// <summary>Removes the entries that have one of some tags, by one row a tag: it waits for nobody, and nobody waits for it.</summary>
    /// <remarks>What the transaction itself sets with such a tag, before or after, is among them: what was made before the removal cannot be told from what was made after it.</remarks>
    /// <param name="tags">The tags.</param>
    /// <param name="token">Cancels the statement, which PostgreSQL answers by failing the transaction.</param>
    /// <returns>When the statement has been executed; it takes effect with the commit.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="tags"/> is null.</exception>
    /// <exception cref="ArgumentException">A tag is null; or the transaction is not one of Npgsql's, or not of the cache's database.</exception>
    /// <exception cref="SolidCacheException">The cache only reads (<see cref="PostgresSolidCacheOptions.ReadOnly"/>).</exception>
    Task RemoveByTagAsync(IReadOnlyCollection<string> tags, CancellationToken token = default);

    /// <inheritdoc cref="RemoveByTagAsync"/>
    void RemoveByTag(IReadOnlyCollection<string> tags);

    /// <summary>Stores an entry, for those who write through. A cache that only reads (<see cref="PostgresSolidCacheOptions.ReadOnly"/>) leaves that out.</summary>
    /// <remarks>For what this transaction has written. What it has only read, somebody else may have changed and removed since: <c>GetOrCreateAsync</c> stores it only if nobody has.</remarks>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="options">When it expires, counted from this call, and its tags.</param>
    /// <param name="token">Cancels the statement, which PostgreSQL answers by failing the transaction.</param>
    /// <returns>When the statement has been executed; it takes effect with the commit.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The value is too large, a tag is null; or the transaction is not one of Npgsql's, or not of the cache's database.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The absolute expiration lies in the past.</exception>
    Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default);
}
