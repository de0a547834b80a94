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

    [Test]
    [Category("Long")]
    public async Task All_connections_end_once_a_second()
    {
        var seconds = int.Parse(Environment.GetEnvironmentVariable(SecondsVariable) is { Length: > 0 } given ? given : "10", CultureInfo.InvariantCulture);
        await using var cluster = await Cluster.StartNewAsync();
        var ended = 0L;
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            for (var second = 0; second < seconds; second++)
            {
                ended += await cluster.EndBackendsAsync();
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
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            await using var others = new OtherClients(cluster);
            await others.TakeAllAsync();
            await Task.Delay(TimeSpan.FromSeconds(3));
        });

        Assert.That(result.Errors.Select(error => error.Kind), Does.Contain(PostgresErrorCodes.TooManyConnections));
        await FaultReport.AssertAsync("max_connections exhausted for 3 s", result);
    }
}
