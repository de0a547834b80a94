using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Hybrid;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Asks a HybridCache for what is stored, past its memory; or for what is nowhere, each once, which it makes and stores.</summary>
/// <param name="cache">The cache.</param>
/// <param name="newKeys">What the keys begin with that are nowhere; null for what is stored.</param>
internal sealed class HybridMiss(HybridCache cache, string? newKeys) : Workload(newKeys is null ? WorkloadName.GetJson : WorkloadName.GetMiss, KeySpace.Profiles)
{
    /// <summary>Gets what leaves the memory of the process out.</summary>
    public static HybridCacheEntryOptions PastMemory { get; } = new() { Expiration = TimeSpan.FromHours(1), Flags = HybridCacheEntryFlags.DisableLocalCache };

    public override bool Consumes => newKeys is not null;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        var profile = await cache.GetOrCreateAsync(
            newKeys + key,
            (Caller: caller, IsMade: newKeys is not null),
            static (state, _) =>
            {
                WrongAnswerException.ThrowUnless(state.IsMade, "what is stored");
                return ValueTask.FromResult(state.Caller.OneOf(state.Caller.Data.Profiles));
            },
            newKeys is null ? PastMemory : null);
        WrongAnswerException.ThrowUnless(profile.About.Length == caller.Data.Profiles[0].About.Length, key);
    }
}
