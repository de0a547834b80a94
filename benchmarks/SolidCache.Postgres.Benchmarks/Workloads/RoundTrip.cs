using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Contestants;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Checks once that a contestant stores and removes what it is told to: an answer's length is all that the load looks at.</summary>
internal static class RoundTrip
{
    public static async Task CheckAsync(IContestant contestant, int valueBytes)
    {
        foreach (var keySpace in (KeySpace[])[KeySpace.Fixed, KeySpace.Sliding, KeySpace.Profiles])
        {
            var data = new Dataset(keySpace, keys: 1, valueBytes);
            await CheckBytesAsync(contestant.CacheFor(keySpace), data.Keys[0], data);
        }
    }

    private static async Task CheckBytesAsync(IDistributedCache cache, string key, Dataset data)
    {
        var (value, profile) = (data.Values[0], data.Profiles[0]);
        await cache.SetAsync(key, value, data.KeySpace.Expiration);
        await cache.RefreshAsync(key);
        WrongAnswerException.ThrowUnless((await cache.GetAsync(key)).AsSpan().SequenceEqual(value), key);
        if (cache is IBufferDistributedCache buffered)
        {
            var buffer = new ArrayBufferWriter<byte>();
            WrongAnswerException.ThrowUnless(await buffered.TryGetAsync(key, buffer) && buffer.WrittenSpan.SequenceEqual(value), key);
        }

        await cache.SetJsonAsync(key, profile, UserProfileJson.Default.UserProfile, data.KeySpace.Expiration);
        var read = await cache.GetJsonAsync(key, UserProfileJson.Default.UserProfile);
        WrongAnswerException.ThrowUnless(read?.About == profile.About && read.Id == profile.Id, key);

        await cache.RemoveAsync(key);
        WrongAnswerException.ThrowUnless(await cache.GetAsync(key) is null, key);
    }
}
