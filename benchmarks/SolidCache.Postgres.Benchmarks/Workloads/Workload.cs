using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>
/// What each caller of a round does again and again. Overrides that look at the answer use pooled state machines, so that what a round
/// allocates is the cache's.
/// </summary>
internal abstract class Workload(WorkloadName name, KeySpace keySpace)
{
    public WorkloadName Name => name;

    public KeySpace KeySpace => keySpace;

    /// <summary>Gets a value indicating whether a call uses up the entry that it finds.</summary>
    public virtual bool Consumes => false;

    public virtual bool Suits(IDistributedCache cache) => true;

    public virtual string[] KeysOf(Dataset data) => data.Keys;

    public abstract ValueTask CallAsync(Caller caller, string key);
}
