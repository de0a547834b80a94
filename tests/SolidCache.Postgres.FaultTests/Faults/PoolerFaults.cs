using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>What happens to a pooler, or behind it.</summary>
public sealed class PoolerFaults
{
    [Test]
    [Category("Long")]
    public async Task The_pooler_is_killed()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var pooler = await Pooler.StartNewAsync(cluster);
        var result = await Load.ThroughAsync(pooler.ConnectionString, async _ =>
        {
            await pooler.KillNineAsync();
            await Task.Delay(TimeSpan.FromSeconds(1));
            await pooler.StartAsync();
        });

        await FaultReport.AssertAsync("kill -9 of PgBouncer, back after 1 s", result);
        Assert.That(result.Errors, Is.Not.Empty);
    }

    [Test]
    public async Task The_server_behind_the_pooler_restarts()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var pooler = await Pooler.StartNewAsync(cluster);
        var result = await Load.ThroughAsync(pooler.ConnectionString, async _ =>
        {
            await cluster.StopFastAsync();
            await cluster.StartAsync();
        });

        await FaultReport.AssertAsync("restart, fast, behind PgBouncer", result);
    }
}
