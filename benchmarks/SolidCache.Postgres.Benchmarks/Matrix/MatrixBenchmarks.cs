using BenchmarkDotNet.Attributes;
using SolidCache.Postgres.Benchmarks.Comparisons;
using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>One workload on those that every workload suits; a method for each, so that BenchmarkDotNet can hold them against Redis.</summary>
public abstract class MatrixBenchmarks
{
    private protected const int Operations = 2_048;

    private readonly WorkloadName _workload;
    private MatrixStage? _stage;

    private protected MatrixBenchmarks(WorkloadName workload) => _workload = workload;

    [Params(1, 16, 64, 256)]
    public int Concurrency { get; set; }

    [Params(100, 1_024, 16_384)]
    public int ValueBytes { get; set; }

    [GlobalSetup(Target = nameof(SolidCache))]
    public Task SetUpSolidCache() => SetUpAsync(ContestantName.SolidCache);

    [Benchmark(OperationsPerInvoke = Operations)]
    public Task SolidCache() => RunAsync();

    [GlobalSetup(Target = nameof(SolidCacheUncoalesced))]
    public Task SetUpSolidCacheUncoalesced() => SetUpAsync(ContestantName.SolidCacheUncoalesced);

    [Benchmark(OperationsPerInvoke = Operations)]
    public Task SolidCacheUncoalesced() => RunAsync();

    [GlobalSetup(Target = nameof(Redis))]
    public Task SetUpRedis() => SetUpAsync(ContestantName.Redis);

    [Benchmark(OperationsPerInvoke = Operations, Baseline = true)]
    public Task Redis() => RunAsync();

    [GlobalCleanup]
    public async Task CleanUpAsync()
    {
        await _stage!.RecordAsync();
        await _stage.DisposeAsync();
    }

    private protected async Task SetUpAsync(ContestantName contestant) =>
        _stage = await MatrixStage.CreateAsync(new ComparisonCase(_workload, ValueBytes, Concurrency, contestant), Operations);

    private protected Task RunAsync() => _stage!.RunAsync(Operations);

    private protected Task RefillAsync() => _stage!.RefillAsync();
}
