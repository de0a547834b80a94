namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Extends random entries that slide.</summary>
internal sealed class Refresh() : Workload(WorkloadName.Refresh, KeySpace.Sliding)
{
    public override ValueTask CallAsync(Caller caller, string key) => new(caller.Cache.RefreshAsync(key));
}
