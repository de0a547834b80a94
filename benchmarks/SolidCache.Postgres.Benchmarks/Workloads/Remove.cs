namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Removes entries that are there, each once: a round ends early when none is left.</summary>
internal sealed class Remove() : Workload(WorkloadName.Remove, KeySpace.Fixed)
{
    public override bool Consumes => true;

    public override ValueTask CallAsync(Caller caller, string key) => new(caller.Cache.RemoveAsync(key));
}
