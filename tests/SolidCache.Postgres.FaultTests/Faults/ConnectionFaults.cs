using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>Connections that end, and connections that are not to be had.</summary>
public sealed class ConnectionFaults
{
    /// <summary>For how many seconds connections are ended; 10 unless told otherwise.</summary>
    private const string SecondsVariable = "SOLIDCACHE_FAULT_SECONDS";

    private const string EndAll = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'";

    [Test]
    public async Task All_connections_end_once_a_second()
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable(SecondsVariable) is { Length: > 0 } given ? given : "10", CultureInfo.InvariantCulture);
        await using var cluster = await Cluster.StartNewAsync();
        var ended = 0L;
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            for (var second = 0; second < seconds; second++)
            {
                ended += await cluster.ScalarAsync<long>(EndAll);
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        });

        Assert.That(ended, Is.GreaterThanOrEqualTo(seconds));
        await FaultReport.AssertAsync("every connection ended once a second", result);
    }

    [Test]
    public async Task Others_take_every_connection_that_the_server_allows()
    {
        await using var cluster = await Cluster.StartNewAsync("max_connections=30");
        var others = new List<NpgsqlConnection>();
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            await TakeAllAsync(cluster, others);
            // Those that the cache had: it asks for new ones, and somebody else gets them.
            var patience = Stopwatch.StartNew();
            while (await ScalarAsync(others[0], EndAll) > 0)
            {
                Assert.That(patience.Elapsed, Is.LessThan(TimeSpan.FromSeconds(10)), "The cache loses its connections.");
                await TakeAllAsync(cluster, others);
            }

            await Task.Delay(TimeSpan.FromSeconds(3));
            await Task.WhenAll(others.Select(other => other.DisposeAsync().AsTask()));
        });

        Assert.That(result.Errors.Select(error => error.Kind), Does.Contain(PostgresErrorCodes.TooManyConnections));
        await FaultReport.AssertAsync("max_connections exhausted for 3 s", result);
    }

    private static async Task TakeAllAsync(Cluster cluster, List<NpgsqlConnection> taken)
    {
        while (true)
        {
            try
            {
                taken.Add(await cluster.ConnectAsync());
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.TooManyConnections)
            {
                return;
            }
        }
    }

    private static async Task<long> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
