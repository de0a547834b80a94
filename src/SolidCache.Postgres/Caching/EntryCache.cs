using System.Buffers;
using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Leasing;
using SolidCache.Postgres.Sweeping;
using SolidCache.Postgres.Transactions;

namespace SolidCache.Postgres.Caching;

/// <summary>The cache as its callers see it: checks the arguments, puts them into the vocabulary of entries, and calls the store.</summary>
internal sealed class EntryCache(
    IEntryStore store, EntryCreator creator, TransactionalWrites writes, Sweeper sweeper, CachePolicy policy, CacheLife life, TimeProvider time) : ISolidCache
{
    private static readonly SolidCacheEntryOptions DefaultOptions = new();

    public byte[]? Get(string key)
    {
        var value = new ArrayReceiver();
        return ReadAsync(key, value, async: false, CancellationToken.None).Completed() ? value.Array : null;
    }

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        var value = new ArrayReceiver();
        return await ReadAsync(key, value, async: true, token).ConfigureAwait(false) ? value.Array : null;
    }

    public bool TryGet(string key, IBufferWriter<byte> destination) =>
        ReadAsync(key, destination, async: false, CancellationToken.None).Completed();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default) =>
        await ReadAsync(key, destination, async: true, token).ConfigureAwait(false);

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) =>
        WriteAsync(key, Checked(key, value), options, async: false, CancellationToken.None).Completed();

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        await WriteAsync(key, Checked(key, value), options, async: true, token).ConfigureAwait(false);

    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) =>
        WriteAsync(key, value, options, async: false, CancellationToken.None).Completed();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        await WriteAsync(key, value, options, async: true, token).ConfigureAwait(false);

    public void Refresh(string key) => RefreshAsync(key, async: false, CancellationToken.None).Completed();

    public async Task RefreshAsync(string key, CancellationToken token = default) => await RefreshAsync(key, async: true, token).ConfigureAwait(false);

    public void Remove(string key) => RemoveAsync(key, async: false, CancellationToken.None).Completed();

    public async Task RemoveAsync(string key, CancellationToken token = default) => await RemoveAsync(key, async: true, token).ConfigureAwait(false);

    public ValueTask<byte[]> GetOrCreateAsync(
        string key, Func<CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default)
    {
        Func<Func<CancellationToken, ValueTask<byte[]>>, CancellationToken, ValueTask<byte[]>> call = static (factory, token) => factory(token);
        return GetOrCreateAsync(key, factory, factory is null ? null! : call, options, token);
    }

    public async ValueTask<byte[]> GetOrCreateAsync<TState>(
        string key, TState state, Func<TState, CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(factory);
        options ??= DefaultOptions;
        // Wrong options are said at once, and not when a value has been made in vain.
        var tags = policy.ExpirationOf(options, time).Tags;
        var recipe = new Recipe<TState>(policy.Keys.Map(key), state, factory!, options, tags);
        Enter(token);
        return await creator.GetOrCreateAsync(recipe, token).ConfigureAwait(false);
    }

    public ISolidCacheTransaction InTransaction(DbTransaction transaction)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        life.ThrowIfOver();
        return new CacheTransaction(writes, policy, life, time, TransactionalWrites.ConnectionOf(transaction), transaction);
    }

    public ISolidCacheTransaction InTransactionOf(DbConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        life.ThrowIfOver();
        return new CacheTransaction(writes, policy, life, time, connection, transaction: null);
    }

    public async Task<long> RemoveByTagAsync(string tag, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return await RemoveByTagAsync([tag], token).ConfigureAwait(false);
    }

    public async Task<long> RemoveByTagAsync(IReadOnlyCollection<string> tags, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(tags);
        var stored = policy.Map(tags);
        Enter(token);
        return stored.Count == 0 ? 0 : await store.RemoveTagsAsync(stored, token).ConfigureAwait(false);
    }

    public async Task<bool> ExistsAsync(string key, CancellationToken token = default) =>
        await GetTimeToLiveAsync(key, token).ConfigureAwait(false) is not null;

    public async Task<TimeSpan?> GetTimeToLiveAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        Enter(token);
        return await store.GetTimeToLiveAsync(policy.Keys.Map(key), token).ConfigureAwait(false);
    }

    public async Task<long> RemoveByPrefixAsync(string prefix, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Enter(token);
        return await store.RemoveAsync(policy.Keys.StartingWith(prefix), token).ConfigureAwait(false);
    }

    public async Task<long> RemoveByPatternAsync(string pattern, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var ranges = policy.Keys.Matching(pattern);
        Enter(token);
        return await store.RemoveAsync(ranges, token).ConfigureAwait(false);
    }

    public async Task<long> RemoveExpiredAsync(CancellationToken token = default)
    {
        Enter(token);
        if (policy.IsReadOnly)
        {
            throw ReadOnlyEntryStore.Refusal();
        }

        return await sweeper.SweepNowAsync(token).ConfigureAwait(false);
    }

    public async Task<SolidCacheStatistics> GetStatisticsAsync(CancellationToken token = default)
    {
        Enter(token);
        return await store.GetStatisticsAsync(policy.SweepInterval, token).ConfigureAwait(false);
    }

    /// <summary>After the arguments, and before anything else.</summary>
    private void Enter(CancellationToken token)
    {
        life.ThrowIfOver();
        token.ThrowIfCancellationRequested();
    }

    private static ReadOnlySequence<byte> Checked(string key, byte[] value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return new(value);
    }

    private ValueTask<bool> ReadAsync(string key, IBufferWriter<byte> destination, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(destination);
        Enter(token);
        return store.ReadAsync(policy.Keys.Map(key), destination, policy.SlidesOnRead, async, token);
    }

    private ValueTask<bool> WriteAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(options);
        policy.RefuseTooLarge(value);
        var expiration = policy.ExpirationOf(options, time);
        Enter(token);
        return store.WriteAsync(policy.Keys.Map(key), value, expiration, policy.IsDurable(key), async, token);
    }

    private ValueTask<bool> RefreshAsync(string key, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        Enter(token);
        return store.RefreshAsync(policy.Keys.Map(key), async, token);
    }

    private ValueTask<bool> RemoveAsync(string key, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        Enter(token);
        return store.RemoveAsync(policy.Keys.Map(key), async, token);
    }
}
