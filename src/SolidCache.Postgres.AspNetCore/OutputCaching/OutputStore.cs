using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.OutputCaching;

namespace SolidCache.Postgres.AspNetCore.OutputCaching;

/// <summary>Output caching's verbs in those of a cache, whose tags are its tags.</summary>
internal sealed class OutputStore(ISolidCache cache) : IOutputCacheBufferStore
{
    public ValueTask<byte[]?> GetAsync(string key, CancellationToken cancellationToken) => new(cache.GetAsync(key, cancellationToken));

    public async ValueTask<bool> TryGetAsync(string key, PipeWriter destination, CancellationToken cancellationToken)
    {
        if (!await cache.TryGetAsync(key, destination, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public ValueTask SetAsync(string key, byte[] value, string[]? tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(value);
        return SetAsync(key, new ReadOnlySequence<byte>(value), tags, validFor, cancellationToken);
    }

    // The cache copies value and tags before it returns: the middleware takes both back afterwards, whatever has become of the call.
    public ValueTask SetAsync(string key, ReadOnlySequence<byte> value, ReadOnlyMemory<string> tags, TimeSpan validFor, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(validFor, TimeSpan.Zero);
        return cache.SetAsync(key, value, new SolidCacheEntryOptions { AbsoluteExpirationRelativeToNow = validFor, Tags = tags.ToArray() }, cancellationToken);
    }

    public async ValueTask EvictByTagAsync(string tag, CancellationToken cancellationToken) =>
        await cache.RemoveByTagAsync(tag, cancellationToken).ConfigureAwait(false);
}
