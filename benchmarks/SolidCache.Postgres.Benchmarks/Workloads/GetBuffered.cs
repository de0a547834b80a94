using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Reads random entries into a buffer that each caller uses again, as HybridCache does.</summary>
internal sealed class GetBuffered() : Workload(WorkloadName.GetBuffered, KeySpace.Fixed)
{
    public override bool Suits(IDistributedCache cache) => cache is IBufferDistributedCache;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask CallAsync(Caller caller, string key)
    {
        caller.Buffer.ResetWrittenCount();
        var found = await caller.BufferedCache.TryGetAsync(key, caller.Buffer);
        WrongAnswerException.ThrowUnless(found && caller.Buffer.WrittenCount == caller.Data.ValueBytes, key);
    }
}
