using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Contestants;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Puts the entries into a store that a round needs.</summary>
internal static class Filling
{
    private static readonly ParallelOptions Parallelism = new() { MaxDegreeOfParallelism = 16 };

    public static async Task FillAsync(IContestant contestant, Dataset data)
    {
        await contestant.ClearAsync();
        await AddAsync(contestant.Filler, data);
        await contestant.SettleAsync();
    }

    /// <summary>Adds what is missing and overwrites the rest.</summary>
    public static Task AddAsync(IDistributedCache cache, Dataset data) =>
        Parallel.ForAsync(0, data.Keys.Length, Parallelism, async (number, token) =>
        {
            var (key, expiration) = (data.Keys[number], data.KeySpace.Expiration);
            await (data.KeySpace.HoldsProfiles
                ? cache.SetJsonAsync(key, data.Profiles[number % data.Profiles.Length], UserProfileJson.Default.UserProfile, expiration, token)
                : cache.SetAsync(key, data.Values[number % data.Values.Length], expiration, token));
        });
}
