using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Extends entries that slide.</summary>
public class RefreshBenchmarks() : PlainMatrixBenchmarks(WorkloadName.Refresh);
