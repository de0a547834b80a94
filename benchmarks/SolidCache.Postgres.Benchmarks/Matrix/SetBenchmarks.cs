using BenchmarkDotNet.Attributes;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Overwrites entries; also with full durability, which makes no difference to what reads.</summary>
public class SetBenchmarks() : PlainMatrixBenchmarks(WorkloadName.Set)
{
    [GlobalSetup(Target = nameof(SolidCacheFull))]
    public Task SetUpSolidCacheFull() => SetUpAsync(ContestantName.SolidCacheFull);

    [Benchmark(OperationsPerInvoke = Operations)]
    public Task SolidCacheFull() => RunAsync();
}
