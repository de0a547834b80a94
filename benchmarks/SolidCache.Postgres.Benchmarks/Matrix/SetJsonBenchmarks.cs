using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Overwrites objects.</summary>
public class SetJsonBenchmarks() : PlainMatrixBenchmarks(WorkloadName.SetJson);
