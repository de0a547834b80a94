namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>All scenarios.</summary>
internal static class ScenarioList
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new(
            "requirements", "One call at a time, beside the figures of the service that inspired the library",
            [10_000], 1, Requirements.RunAsync),
        new(
            "scale", "Gets and sets in tables of several sizes",
            [10_000, 1_000_000, 10_000_000], 5, Scale.RunAsync),
        new(
            "hot-updates", "How many overwrites stay on their page, and what ten for each row do to table, TOAST and index",
            [10_000], 120, HotUpdates.RunAsync),
        new(
            "sweep-rate", "How fast a sweep deletes, and whether the space is used again",
            [1_000_000], 0, SweepRate.RunAsync),
        new(
            "sweep-under-load", "How long two sweeps at once make writers wait",
            [1_000_000], 0, SweepUnderLoad.RunAsync),
        new(
            "get-during-sweep", "What a sweep adds to the latency of gets",
            [1_000_000], 5, GetDuringSweep.RunAsync),
        new(
            "hit-ratio-during-sweep", "Whether a sweep drives the busy entries out of the server's buffers; 0 rows: four times shared_buffers",
            [0], 5, HitRatioDuringSweep.RunAsync),
        new(
            "large-values", "What large values do to the latency of small ones",
            [10_000], 3, LargeValues.RunAsync),
        new(
            "blocked-threads", "Gets and sets from threads that block, beside Redis",
            [10_000], 1, BlockedThreads.RunAsync),
        new(
            "fillfactor", "What room on the pages does to sets, HOT updates and size",
            [10_000], 2, Fillfactor.RunAsync),
        new(
            "value-storage", "Where values are stored and whether they are compressed: speed and size",
            [4_000], 1, ValueStorage.RunAsync),
        new(
            "compressed-values", "Values that the server compresses, and that the process compresses, beside Redis",
            [4_000], 0.5, CompressedValues.RunAsync),
        new(
            "codecs", "What codecs cost, and what they leave of a value",
            [0], 0, static (_, _) => CodecCost.RunAsync()),
        new(
            "lanes", "How many connections reads and writes should share",
            [20_000], 1, LaneCounts.RunAsync),
        new(
            "get-or-create", "GetOrCreateAsync beside a get, and beside a get and a set",
            [60_000], 0.4, GetOrCreateCost.RunAsync),
        new(
            "fills", "How many updates are HOT while values are made",
            [20_000], 0, Fills.RunAsync),
        new(
            "open-removal", "Gets and sets while a transaction that has removed an entry stays open",
            [10_000], 30, OpenRemoval.RunAsync),
        new(
            "stampede", "Callers of four processes that miss at once: how often the value is made, and how long they wait",
            [0], 0, static (_, _) => Stampede.RunAsync()),
        new(
            "invalidation", "Overwrites while what changes is logged and read by every node",
            [10_000], 1.5, InvalidationCost.RunAsync),
        new(
            "propagation", "How long after a change on one node the memory of others still answers with what was there before",
            [1_000], 0, Propagation.RunAsync),
        new(
            "memory-hits", "Hits in the memory of the process, beside Microsoft's HybridCache and FusionCache",
            [0], 0, static (_, _) => MemoryHits.RunAsync()),
        new(
            "memory-misses", "What HybridCache reads or makes below its memory, beside Microsoft's on Redis",
            [30_000], 0.4, MemoryMisses.RunAsync),
        new(
            "health-on-a-large-table", "A health probe on a large table",
            [2_000_000], 0, HealthOnALargeTable.RunAsync),
    ];
}
