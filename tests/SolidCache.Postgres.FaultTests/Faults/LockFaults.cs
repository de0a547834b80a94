using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>Another client holds locks: whoever can wait for their end waits, whoever cannot is told when its time is up.</summary>
public sealed class LockFaults
{
    private const string Rows = "SELECT FROM solid_cache_entries WHERE key IN ('key:0', 'key:1', 'key:2', 'key:3') ORDER BY key FOR UPDATE";
    private const string Table = "LOCK TABLE solid_cache_entries";

    /// <summary>
    /// All tables that there are, the catalog included, so that nobody can even log in. LOCK TABLE takes no index; REINDEX locks the one that the cache has.
    /// </summary>
    private const string Everything =
        """
        REINDEX INDEX solid_cache_entries_pkey;
        DO $$
        BEGIN
          EXECUTE (SELECT 'LOCK TABLE ' || string_agg(oid::regclass::text, ', ') FROM pg_class WHERE relkind = 'r');
        END
        $$
        """;

    [TestCase(Rows, 3, "rows locked for 3 s")]
    [TestCase(Table, 4, "table locked for 4 s", Category = "Long")]
    [TestCase(Everything, 4, "all tables locked, the catalog too, for 4 s")]
    [Category("Long")]
    public async Task Everybody_waits_for_locks_that_end_in_time(string statement, int seconds, string fault)
    {
        var result = await ThroughAsync(statement, seconds);

        await FaultReport.AssertAsync(fault, result);
        Assert.That(result.Errors.Select(error => error.Kind).Distinct(), Is.Empty);
        Assert.That(result.LongestCall.TotalSeconds, Is.GreaterThan(seconds - 1), "Somebody has waited.");
    }

    [TestCase(Table, 8, "table locked for 8 s", Category = "Long")]
    [TestCase(Everything, 8, "all tables locked, the catalog too, for 8 s", Category = "Long")]
    public async Task Calls_run_out_of_time_when_locks_are_held_for_longer(string statement, int seconds, string fault)
    {
        var result = await ThroughAsync(statement, seconds);

        await FaultReport.AssertAsync(fault, result);
        Assert.That(
            result.Errors.Select(error => error.Error.GetType()).Distinct(),
            Is.EquivalentTo((Type[])[typeof(TimeoutException), typeof(SolidCacheException)]),
            "Out of time, or refused because others were.");
    }

    [Test]
    public async Task Rows_that_are_locked_for_longer_hold_up_nobody_but_their_own_calls()
    {
        var result = await ThroughAsync(Rows, 8);

        await FaultReport.AssertAsync("rows locked for 8 s", result);
        var locked = Enumerable.Range(0, 4).Select(number => $"key:{number}").ToArray();
        var others = result.Operations.Where(operation => !locked.Contains(operation.Key)).ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.Errors.Select(error => error.Error.GetType()).Distinct(), Is.EquivalentTo((Type[])[typeof(TimeoutException)]));
            Assert.That(others.Where(operation => operation.Outcome != Outcome.Succeeded).Take(5), Is.Empty);
            Assert.That(others.Max(operation => Stopwatch.GetElapsedTime(operation.Start, operation.End)), Is.LessThan(TimeSpan.FromSeconds(4)));
        }
    }

    private static async Task<LoadResult> ThroughAsync(string statement, int seconds)
    {
        await using var cluster = await Cluster.StartNewAsync();
        return await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            await using var other = await cluster.ConnectAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand(statement, other, transaction);
            // From the first lock on, not from the last.
            var held = Task.Delay(TimeSpan.FromSeconds(seconds));
            await command.ExecuteNonQueryAsync();
            await held;
        });
    }
}
