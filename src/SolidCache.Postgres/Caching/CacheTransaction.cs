using System.Data.Common;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Transactions;

namespace SolidCache.Postgres.Caching;

/// <summary>The verbs of one transaction: checks the arguments, and puts them into the vocabulary of entries. Where the cache only reads, they do what <see cref="ReadOnlyEntryStore"/> does.</summary>
/// <param name="writes">What executes them.</param>
/// <param name="policy">Of the cache.</param>
/// <param name="life">Of the cache.</param>
/// <param name="time">The application's clock.</param>
/// <param name="connection">Of the application.</param>
/// <param name="transaction">Null where the connection is in one by itself.</param>
internal sealed class CacheTransaction(
    TransactionalWrites writes, CachePolicy policy, CacheLife life, TimeProvider time, DbConnection connection, DbTransaction? transaction) : ISolidCacheTransaction
{
    public async Task RemoveAsync(IReadOnlyCollection<string> keys, CancellationToken token = default) =>
        await RemoveAsync(keys, async: true, token).ConfigureAwait(false);

    public void Remove(IReadOnlyCollection<string> keys) => RemoveAsync(keys, async: false, CancellationToken.None).Completed();

    public async Task RemoveByTagAsync(IReadOnlyCollection<string> tags, CancellationToken token = default) =>
        await RemoveTagsAsync(tags, async: true, token).ConfigureAwait(false);

    public void RemoveByTag(IReadOnlyCollection<string> tags) => RemoveTagsAsync(tags, async: false, CancellationToken.None).Completed();

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        ArgumentNullException.ThrowIfNull(options);
        policy.RefuseTooLarge(new(value));
        var expiration = policy.ExpirationOf(options, time);
        Enter(token);
        if (policy.IsReadOnly)
        {
            return;
        }

        await writes.SetAsync(connection, transaction, policy.Keys.Map(key), value, expiration, async: true, token).ConfigureAwait(false);
    }

    private ValueTask<bool> RemoveAsync(IReadOnlyCollection<string> keys, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(keys);
        var stored = policy.Map(keys);
        Enter(token);
        return Removes(stored) ? writes.RemoveAsync(connection, transaction, stored, async, token) : ValueTask.FromResult(true);
    }

    private ValueTask<bool> RemoveTagsAsync(IReadOnlyCollection<string> tags, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var stored = policy.Map(tags);
        Enter(token);
        return Removes(stored) ? writes.RemoveTagsAsync(connection, transaction, stored, async, token) : ValueTask.FromResult(true);
    }

    /// <summary>Whether there is anything to remove.</summary>
    /// <exception cref="SolidCacheException">There is, and the cache only reads.</exception>
    private bool Removes(IReadOnlyList<CacheKey> stored) => stored.Count > 0 && (policy.IsReadOnly ? throw ReadOnlyEntryStore.Refusal() : true);

    private void Enter(CancellationToken token)
    {
        life.ThrowIfOver();
        token.ThrowIfCancellationRequested();
    }
}
