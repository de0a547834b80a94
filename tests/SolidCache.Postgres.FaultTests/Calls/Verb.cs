using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>One of the ways to call a cache. The synchronous ones have a thread of their own, whatever becomes of the pool's.</summary>
/// <param name="Name">Names it to who reads of a failure.</param>
/// <param name="CallAsync">Calls a cache with a key, or with what keys start with.</param>
internal sealed record Verb(string Name, Func<ISolidCache, string, CancellationToken, Task> CallAsync)
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    /// <summary>Those of a key that can be cancelled.</summary>
    public static IReadOnlyList<Verb> Asynchronous { get; } =
    [
        new(nameof(ISolidCache.GetAsync), static (cache, key, token) => cache.GetAsync(key, token)),
        new(nameof(ISolidCache.TryGetAsync), static (cache, key, token) => cache.TryGetAsync(key, new ArrayBufferWriter<byte>(), token).AsTask()),
        new(nameof(ISolidCache.ExistsAsync), static (cache, key, token) => cache.ExistsAsync(key, token)),
        new(nameof(ISolidCache.GetTimeToLiveAsync), static (cache, key, token) => cache.GetTimeToLiveAsync(key, token)),
        new(nameof(ISolidCache.RefreshAsync), static (cache, key, token) => cache.RefreshAsync(key, token)),
        new(nameof(ISolidCache.SetAsync), static (cache, key, token) => cache.SetAsync(key, [1], Forever, token)),
        new(nameof(ISolidCache.RemoveAsync), static (cache, key, token) => cache.RemoveAsync(key, token)),
    ];

    /// <summary>Those of a key that block.</summary>
    public static IReadOnlyList<Verb> Blocking { get; } =
    [
        new(nameof(ISolidCache.Get), static (cache, key, _) => OnAThread(() => cache.Get(key))),
        new(nameof(ISolidCache.TryGet), static (cache, key, _) => OnAThread(() => cache.TryGet(key, new ArrayBufferWriter<byte>()))),
        new(nameof(ISolidCache.Refresh), static (cache, key, _) => OnAThread(() => cache.Refresh(key))),
        new(nameof(ISolidCache.Set), static (cache, key, _) => OnAThread(() => cache.Set(key, [1], Forever))),
        new(nameof(ISolidCache.Remove), static (cache, key, _) => OnAThread(() => cache.Remove(key))),
    ];

    /// <summary>Those of many keys, or of the table.</summary>
    public static IReadOnlyList<Verb> OfMany { get; } =
    [
        new(nameof(ISolidCache.RemoveByPrefixAsync), static (cache, key, token) => cache.RemoveByPrefixAsync(key, token)),
        new(nameof(ISolidCache.RemoveByPatternAsync), static (cache, key, token) => cache.RemoveByPatternAsync(key + '%', token)),
        new(nameof(ISolidCache.RemoveExpiredAsync), static (cache, _, token) => cache.RemoveExpiredAsync(token)),
        new(nameof(ISolidCache.GetStatisticsAsync), static (cache, _, token) => cache.GetStatisticsAsync(token)),
    ];

    public static IEnumerable<Verb> OfAKey => [.. Asynchronous, .. Blocking];

    public static IEnumerable<Verb> All => [.. OfAKey, .. OfMany];

    public static Verb Named(string name) => All.Single(verb => verb.Name == name);

    /// <summary>Not a thread of the pool: a test that has taken all of those would say nothing of the cache.</summary>
    public static Task OnAThread(Action call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task<T> OnAThread<T>(Func<T> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public Task<Ended> EndAsync(ISolidCache cache, string key, CancellationToken token = default) => Ended.OfAsync(() => CallAsync(cache, key, token));

    public override string ToString() => Name;
}
