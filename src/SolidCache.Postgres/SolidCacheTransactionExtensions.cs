using System.Data.Common;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres;

/// <summary>The verbs of <see cref="ISolidCacheTransaction"/> as overloads of the cache's own, with the transaction beside the key.</summary>
public static class SolidCacheTransactionExtensions
{
    /// <summary>Removes an entry when the transaction commits.</summary>
    /// <inheritdoc cref="ISolidCacheTransaction.RemoveAsync"/>
    /// <param name="cache">The cache.</param>
    /// <param name="key">The key.</param>
    /// <param name="transaction">An <c>NpgsqlTransaction</c>, or one that wraps it.</param>
    public static async Task RemoveAsync(this ISolidCache cache, string key, DbTransaction transaction, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(key);
        await cache.InTransaction(transaction).RemoveAsync([key], token).ConfigureAwait(false);
    }

    /// <summary>Removes entries when the transaction commits.</summary>
    /// <inheritdoc cref="ISolidCacheTransaction.RemoveAsync"/>
    /// <param name="cache">The cache.</param>
    /// <param name="transaction">An <c>NpgsqlTransaction</c>, or one that wraps it.</param>
    public static async Task RemoveAsync(this ISolidCache cache, IReadOnlyCollection<string> keys, DbTransaction transaction, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        await cache.InTransaction(transaction).RemoveAsync(keys, token).ConfigureAwait(false);
    }

    /// <summary>Removes the entries of a tag when the transaction commits.</summary>
    /// <inheritdoc cref="ISolidCacheTransaction.RemoveByTagAsync"/>
    /// <param name="cache">The cache.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="transaction">An <c>NpgsqlTransaction</c>, or one that wraps it.</param>
    public static async Task RemoveByTagAsync(this ISolidCache cache, string tag, DbTransaction transaction, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        ArgumentNullException.ThrowIfNull(tag);
        await cache.InTransaction(transaction).RemoveByTagAsync([tag], token).ConfigureAwait(false);
    }

    /// <summary>Removes the entries of some tags when the transaction commits.</summary>
    /// <inheritdoc cref="ISolidCacheTransaction.RemoveByTagAsync"/>
    /// <param name="cache">The cache.</param>
    /// <param name="transaction">An <c>NpgsqlTransaction</c>, or one that wraps it.</param>
    public static async Task RemoveByTagAsync(this ISolidCache cache, IReadOnlyCollection<string> tags, DbTransaction transaction, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        await cache.InTransaction(transaction).RemoveByTagAsync(tags, token).ConfigureAwait(false);
    }

    /// <summary>Stores an entry when the transaction commits.</summary>
    /// <inheritdoc cref="ISolidCacheTransaction.SetAsync"/>
    /// <param name="cache">The cache.</param>
    /// <param name="transaction">An <c>NpgsqlTransaction</c>, or one that wraps it.</param>
    public static async Task SetAsync(
        this ISolidCache cache, string key, byte[] value, DistributedCacheEntryOptions options, DbTransaction transaction, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(cache);
        await cache.InTransaction(transaction).SetAsync(key, value, options, token).ConfigureAwait(false);
    }
}
