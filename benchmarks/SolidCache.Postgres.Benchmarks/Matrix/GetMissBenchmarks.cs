using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Asks for what is not there.</summary>
public class GetMissBenchmarks() : PlainMatrixBenchmarks(WorkloadName.GetMiss);
