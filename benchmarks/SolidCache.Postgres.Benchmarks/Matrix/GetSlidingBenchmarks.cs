using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Reads entries that slide.</summary>
public class GetSlidingBenchmarks() : PlainMatrixBenchmarks(WorkloadName.GetSliding);
