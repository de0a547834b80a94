using BenchmarkDotNet.Attributes;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>
/// Removes entries that are there, each once. The column Allocated is wrong here: BenchmarkDotNet counts what <see cref="Refill"/>
/// allocates; the command <c>compare</c> does not.
/// </summary>
public class RemoveBenchmarks() : PlainMatrixBenchmarks(WorkloadName.Remove)
{
    /// <summary>BenchmarkDotNet awaits no set-up of an iteration.</summary>
    [IterationSetup]
    public void Refill() => RefillAsync().GetAwaiter().GetResult();
}
