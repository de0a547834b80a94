using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Reads random entries into arrays, as most users of <c>IDistributedCache</c> do.</summary>
internal sealed class Get(WorkloadName name, KeySpace keySpace) : Workload(name, keySpace)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        var value = await caller.Cache.GetAsync(key);
        WrongAnswerException.ThrowUnless(value?.Length == caller.Data.ValueBytes, key);
    }
}
