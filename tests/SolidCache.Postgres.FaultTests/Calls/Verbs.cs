using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>The verbs of one key as a test calls them both ways: asynchronous, or synchronous on a thread of their own.</summary>
internal sealed class Verbs(ISolidCache cache, bool async)
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    /// <summary>Each verb of a few keys at once: hits, misses, and entries whose read touches them, where a test has made such.</summary>
    public static async Task<List<Ended>> AllAsync(ISolidCache cache, bool async)
    {
        var verbs = new Verbs(cache, async);
        return [.. await Task.WhenAll(Enumerable.Range(0, 8).SelectMany(number => (Task<Ended>[])[
            Ended.OfAsync(() => verbs.SetAsync($"key:{number}", [1])),
            Ended.OfAsync(() => verbs.GetAsync($"key:{number}")),
            Ended.OfAsync(() => verbs.GetAsync($"due:{number}")),
            Ended.OfAsync(() => verbs.GetAsync($"none:{number}")),
            Ended.OfAsync(() => verbs.RefreshAsync($"key:{number}")),
            Ended.OfAsync(() => cache.ExistsAsync($"key:{number}")),
            Ended.OfAsync(() => cache.GetTimeToLiveAsync($"none:{number}")),
            Ended.OfAsync(() => verbs.RemoveAsync($"removed:{number}")),
        ]))];
    }

    public Task<byte[]?> GetAsync(string key) => async ? cache.GetAsync(key) : Verb.OnAThread(() => cache.Get(key));

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions? options = null) =>
        async ? cache.SetAsync(key, value, options ?? Forever) : Verb.OnAThread(() => cache.Set(key, value, options ?? Forever));

    public Task RemoveAsync(string key) => async ? cache.RemoveAsync(key) : Verb.OnAThread(() => cache.Remove(key));

    public Task RefreshAsync(string key) => async ? cache.RefreshAsync(key) : Verb.OnAThread(() => cache.Refresh(key));
}
