using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The server is stopped and started.</summary>
public sealed class RestartFaults
{
    [Test]
    public async Task The_server_restarts_in_order()
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            await cluster.StopFastAsync();
            await cluster.StartAsync();
        });

        await FaultReport.AssertAsync("restart, fast", result);
    }

    [Test]
    public async Task The_server_restarts_without_a_checkpoint()
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async _ =>
            {
                await cluster.StopAtOnceAsync();
                await cluster.StartAsync();
            },
            options => options.Durability = SolidCacheDurability.Full);

        await FaultReport.AssertAsync("restart, immediate", result);
    }
}
