using System.Text.Json;
using Npgsql;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>
/// Looks again and again whether a sample of the busy entries is in the server's buffers, by reading it and asking the executor. The
/// counters of <c>pg_statio_user_tables</c> could not tell: the sweep's own reads are among them.
/// </summary>
internal static class BufferProbe
{
    private const int Sample = 50;
    private static readonly TimeSpan Distance = TimeSpan.FromMilliseconds(50);

    private const string Look =
        """
        EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON)
        SELECT value
        FROM solid_cache_entries
        WHERE key = ANY ($1)
        """;

    public static async Task<(long Hits, long Reads)> RunAsync(Table table, Dataset data, CancellationToken stop)
    {
        await using var connection = await table.Server.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(Look, connection);
        var keys = new NpgsqlParameter<string[]>();
        command.Parameters.Add(keys);
        var random = new Random(1);
        var (hits, reads) = (0L, 0L);
        while (!stop.IsCancellationRequested)
        {
            keys.TypedValue = random.GetItems(data.Keys, Sample);
            using var plan = JsonDocument.Parse((string)(await command.ExecuteScalarAsync(CancellationToken.None))!);
            var node = plan.RootElement[0].GetProperty("Plan");
            hits += node.GetProperty("Shared Hit Blocks").GetInt64();
            reads += node.GetProperty("Shared Read Blocks").GetInt64();
            await Task.Delay(Distance, CancellationToken.None);
        }

        return (hits, reads);
    }
}
