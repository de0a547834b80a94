using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Reads entries into a buffer that is used again.</summary>
public class GetBufferedBenchmarks() : MatrixBenchmarks(WorkloadName.GetBuffered);
