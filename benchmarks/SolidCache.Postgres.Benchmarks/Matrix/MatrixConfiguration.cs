using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Perfolizer.Horology;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Short runs, since there are some four hundred cases; BenchmarkDotNet's own arguments override them.</summary>
internal static class MatrixConfiguration
{
    // In this process: a call is a round trip to a server of some 100 microseconds, beside which a process of its own for each case would
    // isolate nothing that matters, and its columns could not see the latencies.
    private static readonly Job Short = Job.Default
        .WithToolchain(InProcessEmitToolchain.Instance)
        .WithWarmupCount(1)
        .WithIterationCount(5)
        .WithIterationTime(TimeInterval.Second)
        .AsDefault();

    public static IConfig Create() => ManualConfig.Create(DefaultConfig.Instance)
        .AddJob(Short)
        .AddDiagnoser(MemoryDiagnoser.Default)
        .AddColumn(
            StatisticColumn.OperationsPerSecond,
            new RecordedColumn("p50", "Median latency of a call", (latencies, _) => $"{latencies.Quantile(0.5) / 1_000:F2} ms"),
            new RecordedColumn("p99", "Latency that one call in a hundred exceeds", (latencies, _) => $"{latencies.Quantile(0.99) / 1_000:F2} ms"),
            new RecordedColumn("Connections", "Connections in use, as the server sees them", (_, connections) => $"{connections}"));
}
