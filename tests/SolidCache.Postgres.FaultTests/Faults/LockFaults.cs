using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>Another client holds locks for less than the time-out of a call: everybody waits, nobody fails.</summary>
public sealed class LockFaults
{
    [TestCase("SELECT FROM solid_cache_entries WHERE key IN ('key:0', 'key:1', 'key:2', 'key:3') ORDER BY key FOR UPDATE", "rows locked for 3 s")]
    [TestCase("LOCK TABLE solid_cache_entries", "table locked for 3 s")]
    public async Task Another_client_holds_locks(string statement, string fault)
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            await using var other = await cluster.ConnectAsync();
            await using var transaction = await other.BeginTransactionAsync();
            await using var command = new NpgsqlCommand(statement, other, transaction);
            await command.ExecuteNonQueryAsync();
            await Task.Delay(TimeSpan.FromSeconds(3));
        });

        await FaultReport.AssertAsync(fault, result);
        Assert.That(result.Errors.Take(5), Is.Empty);
    }
}
