namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>What the server has counted of the table.</summary>
internal readonly record struct UpdateCounters(long Updates, long Hot, long Autovacuums)
{
    public static async Task<UpdateCounters> ReadAsync(Table table)
    {
        // Backends report their counters when they have been idle for a while.
        await Task.Delay(TimeSpan.FromSeconds(12));
        return new UpdateCounters(
            await CountAsync("n_tup_upd"),
            await CountAsync("n_tup_hot_upd"),
            await table.ScalarAsync<long>(
                """
                SELECT sum(autovacuum_count)::bigint
                FROM pg_stat_all_tables
                JOIN pg_class AS entries ON entries.oid = 'solid_cache_entries'::regclass AND relid IN (entries.oid, entries.reltoastrelid)
                """));

        Task<long> CountAsync(string counter) =>
            table.ScalarAsync<long>($"SELECT {counter} FROM pg_stat_user_tables WHERE relid = 'solid_cache_entries'::regclass");
    }
}
