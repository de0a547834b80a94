using SolidCache.Postgres.Benchmarks.Contestants;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Comparisons;

/// <summary>Which cases are compared, and how long.</summary>
internal sealed record ComparisonSettings(
    IReadOnlyList<WorkloadName> Workloads,
    IReadOnlyList<int> Concurrency,
    IReadOnlyList<int> Sizes,
    IReadOnlyList<ContestantName> Contestants,
    int Keys,
    int Rounds,
    TimeSpan WarmUp,
    TimeSpan Duration);
