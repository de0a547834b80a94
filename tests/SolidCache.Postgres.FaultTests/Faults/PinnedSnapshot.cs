using System.Data;
using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>
/// Another client holds an old snapshot, as a forgotten transaction or a long report does: nothing that is overwritten meanwhile may be cleaned up.
/// </summary>
public sealed class PinnedSnapshot
{
    /// <summary>Large enough for TOAST, the space of which only vacuum frees.</summary>
    private const int LargeValueBytes = 4_000;

    private const string DeadRows =
        """
        SELECT coalesce(sum(n_dead_tup), 0)::bigint
        FROM pg_stat_all_tables
        WHERE relid IN (SELECT unnest(ARRAY[oid, reltoastrelid]) FROM pg_class WHERE oid = 'solid_cache_entries'::regclass)
        """;

    /// <summary>For how long it is looked whether the table grows after it was vacuumed.</summary>
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(4);

    [TestCase(20)]
    [TestCase(60, Category = "Long")]
    [Category("Long")]
    public async Task Overwrites_pile_up_until_it_ends_and_the_cache_goes_on(int seconds)
    {
        // Autovacuum looks every second instead of every minute, and finds nothing that it may remove.
        await using var cluster = await Cluster.StartNewAsync("autovacuum_naptime=1s");
        var (began, ended) = (0L, 0L);
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async cache =>
            {
                await TellAsync("before", cluster, cache);
                began = Stopwatch.GetTimestamp();
                await PinnedAsync(cluster, TimeSpan.FromSeconds(seconds));
                ended = Stopwatch.GetTimestamp();
                var bloated = await TellAsync("pinned", cluster, cache);
                Assert.That(bloated.TotalSizeBytes, Is.GreaterThan(20 * bloated.LiveBytes), "The statistics show it.");
                var dead = await cluster.ScalarAsync<long>(DeadRows);

                await Eventually.TrueAsync(async () => await cluster.ScalarAsync<long>(DeadRows) < dead / 10, "autovacuum removes what is dead");
                var vacuumed = await TellAsync("vacuumed", cluster, cache);
                await Task.Delay(Afterwards);
                var later = await TellAsync("later", cluster, cache);
                Assert.That(later.TotalSizeBytes, Is.LessThanOrEqualTo(vacuumed.TotalSizeBytes), "Space that was freed is used again.");
            },
            paddingBytes: LargeValueBytes);

        await TestContext.Out.WriteLineAsync(
            $"gets before: {Latencies(result, 0, began)}; first second: {Latencies(result, began, began + Stopwatch.Frequency)}; "
            + $"last second: {Latencies(result, ended - Stopwatch.Frequency, ended)}; after: {Latencies(result, result.Calm, long.MaxValue)}");
        Assert.That(result.Errors.Take(5), Is.Empty);
        await FaultReport.AssertAsync($"snapshot held for {seconds} s while everything is overwritten", result);
    }

    private static async Task PinnedAsync(Cluster cluster, TimeSpan duration)
    {
        await using var other = await cluster.ConnectAsync();
        await using var transaction = await other.BeginTransactionAsync(IsolationLevel.RepeatableRead);
        // The snapshot is that of the first statement.
        await using var command = new NpgsqlCommand("SELECT 1", other, transaction);
        await command.ExecuteNonQueryAsync();
        await Task.Delay(duration);
    }

    private static async Task<SolidCacheStatistics> TellAsync(string when, Cluster cluster, ISolidCache cache)
    {
        var statistics = await cache.GetStatisticsAsync();
        await TestContext.Out.WriteLineAsync(
            $"{when}: {statistics.TotalSizeBytes / 1e6:0.0} MB for {statistics.LiveBytes / 1e6:0.00} MB, {await cluster.ScalarAsync<long>(DeadRows)} dead rows");
        return statistics;
    }

    private static string Latencies(LoadResult result, long from, long to)
    {
        double[] times = [.. result.Operations
            .Where(call => call.Kind == OperationKind.Read && call.Start >= from && call.End < to)
            .Select(call => Stopwatch.GetElapsedTime(call.Start, call.End).TotalMilliseconds)
            .Order()];
        return $"p50 {times[times.Length / 2]:0.0} ms, p99 {times[times.Length * 99 / 100]:0.0} ms ({times.Length})";
    }
}
