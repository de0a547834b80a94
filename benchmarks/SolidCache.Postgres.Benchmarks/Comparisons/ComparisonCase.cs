using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>What a row of the results is about.</summary>
internal readonly record struct ComparisonCase(WorkloadName Workload, int ValueBytes, int Callers, ContestantName Contestant);
