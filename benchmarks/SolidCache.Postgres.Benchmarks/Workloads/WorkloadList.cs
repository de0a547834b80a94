namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>The closed list of workloads, those with the same entries beside each other, and the one that uses them up at the end.</summary>
internal static class WorkloadList
{
    public static IReadOnlyList<Workload> All { get; } =
    [
        new Get(WorkloadName.Get, KeySpace.Fixed),
        new GetBuffered(),
        new GetMiss(),
        new Set(KeySpace.Fixed),
        new Get(WorkloadName.GetSliding, KeySpace.Sliding),
        new Refresh(),
        new SetJson(),
        new GetJson(),
        new Remove(),
    ];

    public static Workload Find(WorkloadName name) => All.Single(workload => workload.Name == name);
}
