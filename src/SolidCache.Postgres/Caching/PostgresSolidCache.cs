using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sweeping;

namespace SolidCache.Postgres.Caching;

/// <summary>The cache as its callers see it: checks the arguments, puts them into the vocabulary of entries, and calls the store.</summary>
internal sealed class PostgresSolidCache(IEntryStore store, Sweeper sweeper, CachePolicy policy, TimeProvider time) : ISolidCache
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

    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default) =>
        ReadAsync(key, destination, async: true, token);

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        WriteAsync(key, new ReadOnlySequence<byte>(value), options, async: false, CancellationToken.None).Completed();
    }

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return WriteAsync(key, new ReadOnlySequence<byte>(value), options, async: true, token).AsTask();
    }

    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) =>
        WriteAsync(key, value, options, async: false, CancellationToken.None).Completed();

    public ValueTask SetAsync(
        string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        WriteAsync(key, value, options, async: true, token);

    public void Refresh(string key) => RefreshAsync(key, async: false, CancellationToken.None).Completed();

    public Task RefreshAsync(string key, CancellationToken token = default) => RefreshAsync(key, async: true, token).AsTask();

    public void Remove(string key) => RemoveAsync(key, async: false, CancellationToken.None).Completed();

    public Task RemoveAsync(string key, CancellationToken token = default) => RemoveAsync(key, async: true, token).AsTask();

    public async Task<bool> ExistsAsync(string key, CancellationToken token = default) =>
        await GetTimeToLiveAsync(key, token).ConfigureAwait(false) is not null;

    public Task<TimeSpan?> GetTimeToLiveAsync(string key, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        token.ThrowIfCancellationRequested();
        return store.GetTimeToLiveAsync(policy.Keys.Map(key), token).AsTask();
    }

    public Task<long> RemoveByPrefixAsync(string prefix, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        token.ThrowIfCancellationRequested();
        return store.RemoveAsync(policy.Keys.StartingWith(prefix), token).AsTask();
    }

    public Task<long> RemoveByPatternAsync(string pattern, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        var ranges = policy.Keys.Matching(pattern);
        token.ThrowIfCancellationRequested();
        return store.RemoveAsync(ranges, token).AsTask();
    }

    public Task<long> RemoveExpiredAsync(CancellationToken token = default)
    {
        token.ThrowIfCancellationRequested();
        return sweeper.SweepNowAsync(token).AsTask();
    }

    public Task<SolidCacheStatistics> GetStatisticsAsync(CancellationToken token = default)
    {
        token.ThrowIfCancellationRequested();
        return store.GetStatisticsAsync(policy.SweepInterval, token).AsTask();
    }

    private ValueTask<bool> ReadAsync(string key, IBufferWriter<byte> destination, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(destination);
        token.ThrowIfCancellationRequested();
        return store.ReadAsync(policy.Keys.Map(key), destination, policy.SlidesOnRead, async, token);
    }

    private ValueTask WriteAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, bool async, CancellationToken token)
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

        var expiration = Expiration.From(options, policy.DefaultSlidingExpiration, time);
        token.ThrowIfCancellationRequested();
        return store.WriteAsync(policy.Keys.Map(key), value, expiration, policy.IsDurable(key), async, token);
    }

    private ValueTask RefreshAsync(string key, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        token.ThrowIfCancellationRequested();
        return store.RefreshAsync(policy.Keys.Map(key), async, token);
    }

    private ValueTask RemoveAsync(string key, bool async, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(key);
        token.ThrowIfCancellationRequested();
        return store.RemoveAsync(policy.Keys.Map(key), async, token);
    }
}
