using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Reads entries into arrays.</summary>
public class GetBenchmarks() : PlainMatrixBenchmarks(WorkloadName.Get);
