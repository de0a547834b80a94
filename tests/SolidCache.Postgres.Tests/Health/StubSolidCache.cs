using System.Buffers;
using System.Data.Common;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Health;

/// <summary>A cache that only knows its statistics.</summary>
internal sealed class StubSolidCache(Func<CancellationToken, Task<SolidCacheStatistics>> statistics) : ISolidCache
{
    public Task<SolidCacheStatistics> GetStatisticsAsync(CancellationToken token = default) => statistics(token);

    public ValueTask<byte[]> GetOrCreateAsync(
        string key, Func<CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default) => throw new NotSupportedException();

    public ValueTask<byte[]> GetOrCreateAsync<TState>(
        string key, TState state, Func<TState, CancellationToken, ValueTask<byte[]>> factory, SolidCacheEntryOptions? options = null, CancellationToken token = default) =>
        throw new NotSupportedException();

    public Task<long> RemoveByTagAsync(string tag, CancellationToken token = default) => throw new NotSupportedException();

    public Task<long> RemoveByTagAsync(IReadOnlyCollection<string> tags, CancellationToken token = default) => throw new NotSupportedException();

    public ISolidCacheTransaction InTransaction(DbTransaction transaction) => throw new NotSupportedException();

    public ISolidCacheTransaction InTransactionOf(DbConnection connection) => throw new NotSupportedException();

    public Task<bool> ExistsAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public Task<TimeSpan?> GetTimeToLiveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public Task<long> RemoveByPrefixAsync(string prefix, CancellationToken token = default) => throw new NotSupportedException();

    public Task<long> RemoveByPatternAsync(string pattern, CancellationToken token = default) => throw new NotSupportedException();

    public Task<long> RemoveExpiredAsync(CancellationToken token = default) => throw new NotSupportedException();

    public bool TryGet(string key, IBufferWriter<byte> destination) => throw new NotSupportedException();

    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default) =>
        throw new NotSupportedException();

    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public ValueTask SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        throw new NotSupportedException();

    public byte[]? Get(string key) => throw new NotSupportedException();

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
}
