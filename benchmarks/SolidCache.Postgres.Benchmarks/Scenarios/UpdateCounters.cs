namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>What the server has counted of the table.</summary>
internal readonly record struct UpdateCounters(long Updates, long Hot, long Autovacuums)
{
    public static async Task<UpdateCounters> ReadAsync(Table table)
    {
        // Backends report their counters when they have been idle for a while.
        await Task.Delay(TimeSpan.FromSeconds(12));
        return new UpdateCounters(await CountAsync("n_tup_upd"), await CountAsync("n_tup_hot_upd"), await CountAsync("autovacuum_count"));

        Task<long> CountAsync(string counter) =>
            table.ScalarAsync<long>($"SELECT {counter} FROM pg_stat_user_tables WHERE relid = 'solid_cache_entries'::regclass");
    }
}
