using System.Diagnostics;
using Npgsql;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>Looks every few milliseconds whether somebody waits for a lock that a sweep holds (<c>pg_blocking_pids</c>).</summary>
internal static class LockWatch
{
    private const string BlockedBySweep =
        """
        SELECT waiting.pid, waiting.query_start
        FROM pg_stat_activity AS waiting
        JOIN pg_stat_activity AS sweep ON sweep.pid = ANY (pg_blocking_pids(waiting.pid))
        WHERE sweep.query LIKE '/* solid_cache:sweep%'
          AND waiting.query NOT LIKE '/* solid_cache:sweep%'
          AND waiting.wait_event_type = 'Lock'
        """;

    /// <summary>A wait lasts from the first look that sees it to the last of an unbroken row of looks, and a look's distance on either side.</summary>
    public static async Task<(int Looks, TimeSpan Longest, int Waits)> RunAsync(Table table, CancellationToken stop)
    {
        await using var connection = await table.Server.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(BlockedBySweep, connection);
        await command.PrepareAsync(CancellationToken.None);
        var since = new Dictionary<(int, DateTime), long>();
        var (looks, waits, longest) = (0, 0, TimeSpan.Zero);
        var lastLook = Stopwatch.GetTimestamp();
        while (!stop.IsCancellationRequested)
        {
            var before = lastLook;
            var seen = await LookAsync(command);
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

    private static async Task<HashSet<(int, DateTime)>> LookAsync(NpgsqlCommand command)
    {
        var seen = new HashSet<(int, DateTime)>();
        await using var rows = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await rows.ReadAsync(CancellationToken.None))
        {
            seen.Add((rows.GetInt32(0), rows.GetDateTime(1)));
        }

        return seen;
    }
}
