namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Overwrites random objects.</summary>
internal sealed class SetJson() : Workload(WorkloadName.SetJson, KeySpace.Profiles)
{
    public override ValueTask CallAsync(Caller caller, string key) =>
        new(caller.Cache.SetJsonAsync(key, caller.OneOf(caller.Data.Profiles), UserProfileJson.Default.UserProfile, KeySpace.Expiration));
}
