using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Schema;

/// <summary>All functions and procedures of a cache.</summary>
internal static class CacheRoutines
{
    /// <summary>Stands for the type of a count, which is the cache's own.</summary>
    public const string CountType = "count";

    private const string Bool = "16";
    private const string Bigint = "20";
    private const string Text = "25";
    private const string Double = "701";
    private const string Texts = "1009";
    private const string Regclass = "2205";
    private const string Row = "2249";
    private const string Nothing = "2278";
    private const string Trigger = "2279";
    private const string Snapshot = "5038";

    /// <summary>Those that are not for sweeps: what reads ask of tagged entries, and those that remove from SQL and by triggers, and those that log what changes.</summary>
    public static readonly CacheRoutine[] Functions =
    [
        new("is_fresh", 'f', $"{Texts} {Snapshot} {CountType}", Bool),
        new("stored_key", 'f', $"{Text} {Text} {CountType}", Text),
        new("remove_keys", 'f', $"{Texts} {Text} {CountType}", Nothing),
        new("remove", 'f', $"{Text} {Text}", Nothing),
        new("remove_by_tag", 'f', $"{Text} {Text}", Nothing),
        new("template", 'f', $"{Regclass} {Text} {CountType}", Texts),
        new("key_of_row", 'f', $"{Texts} {CountType}", Text),
        new("removal", 'f', $"{Regclass} {Text} {Text} {Texts} {CountType}", Nothing),
        new("changed", 'f', "", Trigger),
        new("remove_on_change", 'f', $"{Regclass} {Text} {Text} {Text}", Nothing),
        new("forget", 'f', $"{Regclass} {Text}", Bool),
        new("log_change", 'f', "", Trigger),
        new("log_changes", 'f', Bool, Nothing),
    ];

    /// <summary>How many a cache has.</summary>
    public static int Count => Functions.Length + 2;

    /// <summary>Those of a cache, by the names that they have in the database.</summary>
    public static IEnumerable<CacheRoutine> Of(TableName table) =>
    [
        new(table.CleanupFunction, 'f', CountType, Bigint),
        new(table.SweepProcedure, 'p', $"{CountType} {Double} {Bigint}", Row),
        .. Functions.Select(routine => routine with { Name = table.Function(routine.Name) }),
    ];
}
