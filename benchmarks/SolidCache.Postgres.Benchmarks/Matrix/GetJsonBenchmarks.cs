using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Matrix;

/// <summary>Reads objects.</summary>
public class GetJsonBenchmarks() : PlainMatrixBenchmarks(WorkloadName.GetJson);
