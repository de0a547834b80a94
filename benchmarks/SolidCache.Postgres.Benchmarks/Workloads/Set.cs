namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Overwrites random entries.</summary>
internal sealed class Set(KeySpace keySpace) : Workload(WorkloadName.Set, keySpace)
{
    public override ValueTask CallAsync(Caller caller, string key) =>
        new(caller.Cache.SetAsync(key, caller.OneOf(caller.Data.Values), KeySpace.Expiration));
}
