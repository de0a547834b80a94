using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>Every member of the cache in one form, so that a rule can be held against all of them.</summary>
internal static class Verbs
{
    private static readonly DistributedCacheEntryOptions Options = new();

    /// <summary>What takes a key, a prefix or a pattern and cannot be cancelled.</summary>
    public static IReadOnlyDictionary<string, Action<ISolidCache, string>> Synchronous { get; } = new Dictionary<string, Action<ISolidCache, string>>
    {
        ["Get"] = (cache, key) => cache.Get(key),
        ["TryGet"] = (cache, key) => cache.TryGet(key, new ArrayBufferWriter<byte>()),
        ["Set(array)"] = (cache, key) => cache.Set(key, [1], Options),
        ["Set(sequence)"] = (cache, key) => cache.Set(key, new ReadOnlySequence<byte>([1]), Options),
        ["Refresh"] = (cache, key) => cache.Refresh(key),
        ["Remove"] = (cache, key) => cache.Remove(key),
    };

    /// <summary>What takes a key, a prefix or a pattern and a token.</summary>
    public static IReadOnlyDictionary<string, Func<ISolidCache, string, CancellationToken, Task>> Asynchronous { get; } =
        new Dictionary<string, Func<ISolidCache, string, CancellationToken, Task>>
        {
            ["GetAsync"] = (cache, key, token) => cache.GetAsync(key, token),
            ["TryGetAsync"] = (cache, key, token) => cache.TryGetAsync(key, new ArrayBufferWriter<byte>(), token).AsTask(),
            ["SetAsync(array)"] = (cache, key, token) => cache.SetAsync(key, [1], Options, token),
            ["SetAsync(sequence)"] = (cache, key, token) => cache.SetAsync(key, new ReadOnlySequence<byte>([1]), Options, token).AsTask(),
            ["RefreshAsync"] = (cache, key, token) => cache.RefreshAsync(key, token),
            ["RemoveAsync"] = (cache, key, token) => cache.RemoveAsync(key, token),
            ["ExistsAsync"] = (cache, key, token) => cache.ExistsAsync(key, token),
            ["GetTimeToLiveAsync"] = (cache, key, token) => cache.GetTimeToLiveAsync(key, token),
            ["RemoveByPrefixAsync"] = (cache, key, token) => cache.RemoveByPrefixAsync(key, token),
            ["RemoveByTagAsync"] = (cache, tag, token) => cache.RemoveByTagAsync(tag, token),
            ["RemoveByPatternAsync"] = (cache, key, token) => cache.RemoveByPatternAsync(key, token),
        };

    /// <summary>What takes a token only.</summary>
    public static IReadOnlyDictionary<string, Func<ISolidCache, CancellationToken, Task>> OfTheTable { get; } =
        new Dictionary<string, Func<ISolidCache, CancellationToken, Task>>
        {
            ["RemoveExpiredAsync"] = (cache, token) => cache.RemoveExpiredAsync(token),
            ["GetStatisticsAsync"] = (cache, token) => cache.GetStatisticsAsync(token),
        };
}
