namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>What the table takes on disk, in bytes.</summary>
internal readonly record struct TableSizes(long Table, long Toast, long Index)
{
    public static async Task<TableSizes> OfAsync(Table table) => new(
        await table.ScalarAsync<long>("SELECT pg_relation_size('solid_cache_entries')"),
        await table.ScalarAsync<long>("SELECT pg_total_relation_size(reltoastrelid) FROM pg_class WHERE oid = 'solid_cache_entries'::regclass"),
        await table.ScalarAsync<long>("SELECT pg_relation_size('solid_cache_entries_pkey')"));

    public static string Growth(long before, long after) => before < 1_000_000 && after < 1_000_000
        ? "-"
        : $"{before / 1e6:F1} to {after / 1e6:F1}";
}
