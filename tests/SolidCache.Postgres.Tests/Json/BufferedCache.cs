using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>A cache that only takes part through buffers: its array members are not for those who can do better.</summary>
internal sealed class BufferedCache : IBufferDistributedCache
{
    private readonly Dictionary<string, byte[]> _entries = [];

    public DistributedCacheEntryOptions? LastOptions { get; private set; }

    public CancellationToken LastToken { get; private set; }

    public ValueTask SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        (LastOptions, LastToken) = (options, token);
        _entries[key] = value.ToArray();
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default)
    {
        LastToken = token;
        if (!_entries.TryGetValue(key, out var value))
        {
            return ValueTask.FromResult(false);
        }

        // In pieces, as a cache may do that reads from a network.
        foreach (var piece in value.Chunk(100))
        {
            destination.Write(piece);
        }

        return ValueTask.FromResult(true);
    }

    public byte[]? Get(string key) => throw new NotSupportedException();

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        throw new NotSupportedException();

    public bool TryGet(string key, IBufferWriter<byte> destination) => throw new NotSupportedException();

    public void Refresh(string key) => throw new NotSupportedException();

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();

    public void Remove(string key) => throw new NotSupportedException();

    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
}
