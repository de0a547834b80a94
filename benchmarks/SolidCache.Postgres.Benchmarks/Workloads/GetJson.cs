using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Reads random objects.</summary>
internal sealed class GetJson() : Workload(WorkloadName.GetJson, KeySpace.Profiles)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        var profile = await caller.Cache.GetJsonAsync(key, UserProfileJson.Default.UserProfile);
        WrongAnswerException.ThrowUnless(profile?.About.Length == caller.Data.Profiles[0].About.Length, key);
    }
}
