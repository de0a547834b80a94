using System.Diagnostics;
using Microsoft.Extensions.Caching.Distributed;
using Npgsql;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// A sweep of half a million expired rows among a million while writers run: how long the sweep makes a writer wait, as the server
/// itself tells it (<c>pg_blocking_pids</c>), watched every few milliseconds.
/// </summary>
internal static class SweepUnderLoad
{
    private const int Rows = 1_000_000;
    private const int Writers = 8;

    public static async Task RunAsync(Table table)
    {
        await table.FillAsync(Rows, 512, "CASE WHEN i % 2 = 0 THEN now() - interval '1 hour' ELSE 'infinity' END");
        await table.ExecuteAsync("VACUUM ANALYZE solid_cache_entries");
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, Writers).Select(writer => WriteAsync(table.Cache, writer, stop.Token)).ToArray();
        var watch = WatchAsync(table, stop.Token);

        var clock = Stopwatch.StartNew();
        var counts = await Task.WhenAll(table.Cache.RemoveExpiredAsync(), table.Cache.RemoveExpiredAsync());
        clock.Stop();
        await stop.CancelAsync();
        var latencies = (await Task.WhenAll(writers)).SelectMany(list => list).Order().ToArray();
        var (looks, longest, waits) = await watch;

        Console.WriteLine($"two sweeps at once deleted {string.Join(" + ", counts)} = {counts.Sum():N0} rows in {clock.Elapsed.TotalSeconds:F1} s");
        Console.WriteLine($"expired rows left: {await table.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE expires_at <= now()"):N0}");
        Console.WriteLine($"writers: {latencies.Length:N0} sets, p50 {At(latencies, 0.5):F1} ms, p99 {At(latencies, 0.99):F1} ms, max {latencies[^1]:F1} ms");
        Console.WriteLine($"looks: {looks:N0}; seen waiting for a sweep: {waits:N0} times, the longest for {longest.TotalMilliseconds:F0} ms");
    }

    private static double At(double[] sorted, double quantile) => sorted[(int)(quantile * (sorted.Length - 1))];

    private static async Task<List<double>> WriteAsync(ISolidCache cache, int writer, CancellationToken stop)
    {
        var random = new Random(writer);
        var value = new byte[512];
        var latencies = new List<double>();
        while (!stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            await cache.SetAsync(
                $"k{random.Next(Rows) + 1}", value, new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) }, CancellationToken.None);
            latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        return latencies;
    }

    /// <summary>A wait lasts from the first look that sees it to the last of an unbroken row of looks, and a look's distance on either side.</summary>
    private static async Task<(int Looks, TimeSpan Longest, int Waits)> WatchAsync(Table table, CancellationToken stop)
    {
        const string BlockedBySweep =
            """
            SELECT waiting.pid, waiting.query_start
            FROM pg_stat_activity AS waiting
            JOIN pg_stat_activity AS sweep ON sweep.pid = ANY (pg_blocking_pids(waiting.pid))
            WHERE sweep.query LIKE '/* solid_cache:sweep%'
              AND waiting.query NOT LIKE '/* solid_cache:sweep%'
              AND waiting.wait_event_type = 'Lock'
            """;
        await using var connection = await table.Source.OpenConnectionAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(BlockedBySweep, connection);
        await command.PrepareAsync(CancellationToken.None);
        var since = new Dictionary<(int, DateTime), long>();
        var (looks, waits, longest) = (0, 0, TimeSpan.Zero);
        var lastLook = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var before = lastLook;
            var seen = new HashSet<(int, DateTime)>();
            await using (var rows = await command.ExecuteReaderAsync(CancellationToken.None))
            {
                while (await rows.ReadAsync(CancellationToken.None))
                {
                    seen.Add((rows.GetInt32(0), rows.GetDateTime(1)));
                }
            }

            lastLook = Stopwatch.GetTimestamp();
            looks++;
            foreach (var wait in seen)
            {
                waits += since.TryAdd(wait, before) ? 1 : 0;
            }

            foreach (var (wait, start) in since.ToArray())
            {
                var elapsed = Stopwatch.GetElapsedTime(start, lastLook);
                longest = elapsed > longest ? elapsed : longest;
                if (!seen.Contains(wait))
                {
                    since.Remove(wait);
                }
            }

            await Task.Delay(2, CancellationToken.None);
        }

        return (looks, longest, waits);
    }
}
