using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Asks for keys that were never set, in a store full of others.</summary>
internal sealed class GetMiss() : Workload(WorkloadName.GetMiss, KeySpace.Fixed)
{
    public override string[] KeysOf(Dataset data) => data.MissingKeys;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        var value = await caller.Cache.GetAsync(key);
        WrongAnswerException.ThrowUnless(value is null, key);
    }
}
