using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How many overwrites of random existing keys stay on their page, and what they do to table and index.</summary>
internal static class HotUpdates
{
    private const int Rows = 10_000;
    private const int Overwrites = 100_000;
    private const int Callers = 16;

    public static async Task RunAsync(Table table)
    {
        await table.FillAsync(Rows, 1_024, "'infinity'");
        await table.ExecuteAsync("VACUUM ANALYZE solid_cache_entries");
        var before = await SizesAsync(table);
        var forever = new DistributedCacheEntryOptions { AbsoluteExpiration = DateTimeOffset.MaxValue };
        var value = new byte[1_024];

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async caller =>
        {
            var random = new Random(caller);
            for (var round = 0; round < Overwrites / Callers; round++)
            {
                await table.Cache.SetAsync($"k{random.Next(Rows) + 1}", value, forever);
            }
        }));

        // Backends report their counters when they have been idle for a while.
        await Task.Delay(TimeSpan.FromSeconds(12));
        var after = await SizesAsync(table);
        var updates = await table.ScalarAsync<long>("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'solid_cache_entries'");
        var hot = await table.ScalarAsync<long>("SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'solid_cache_entries'");
        Console.WriteLine($"updates {updates:N0}, HOT {hot:N0} ({100.0 * hot / updates:F2} %)");
        Console.WriteLine($"table {before.Table:N0} -> {after.Table:N0} bytes ({(double)after.Table / before.Table:F2} x)");
        Console.WriteLine($"index {before.Index:N0} -> {after.Index:N0} bytes ({(double)after.Index / before.Index:F2} x)");
    }

    private static async Task<(long Table, long Index)> SizesAsync(Table table) => (
        await table.ScalarAsync<long>("SELECT pg_relation_size('solid_cache_entries')"),
        await table.ScalarAsync<long>("SELECT pg_relation_size('solid_cache_entries_pkey')"));
}
