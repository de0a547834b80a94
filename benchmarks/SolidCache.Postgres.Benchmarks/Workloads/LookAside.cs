using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Reads what is not there, and stores it, each once: what code does that knows nothing but a get and a set.</summary>
internal sealed class LookAside() : Workload(WorkloadName.GetMiss, KeySpace.Profiles)
{
    public override bool Consumes => true;

    public override string[] KeysOf(Dataset data) => data.MissingKeys;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        var (isThere, _) = await caller.Cache.TryGetJsonAsync(key, UserProfileJson.Default.UserProfile);
        WrongAnswerException.ThrowUnless(!isThere, key);
        await caller.Cache.SetJsonAsync(key, caller.OneOf(caller.Data.Profiles), UserProfileJson.Default.UserProfile, KeySpace.Expiration);
    }
}
