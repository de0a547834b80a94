using BenchmarkDotNet.Attributes;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>A workload of <c>IDistributedCache</c>, which the plain cache knows too.</summary>
public abstract class PlainMatrixBenchmarks : MatrixBenchmarks
{
    private protected PlainMatrixBenchmarks(WorkloadName workload)
        : base(workload)
    {
    }

    [GlobalSetup(Target = nameof(PlainNpgsql))]
    public Task SetUpPlainNpgsql() => SetUpAsync(ContestantName.PlainNpgsql);

    [Benchmark(OperationsPerInvoke = Operations)]
    public Task PlainNpgsql() => RunAsync();
}
