using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sweeping;

namespace SolidCache.Postgres.Caching;

/// <summary>The cache as its callers see it: checks the arguments, puts them into the vocabulary of entries, and calls the store.</summary>
internal sealed class EntryCache(IEntryStore store, Sweeper sweeper, CachePolicy policy, CacheLife life, TimeProvider time) : ISolidCache
{
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
        if (value.Length > policy.MaxValueBytes)
        {
            throw new ArgumentException(
                $"The value has {value.Length} bytes; {nameof(PostgresSolidCacheOptions.MaxValueBytes)} allows {policy.MaxValueBytes}. "
                + "Store it in parts, or raise the option.",
                nameof(value));
        }

        var expiration = Expiration.From(options, policy.DefaultSlidingExpiration, time, policy.DefaultAbsoluteExpiration);
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
