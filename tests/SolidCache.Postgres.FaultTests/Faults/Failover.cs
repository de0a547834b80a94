using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The primary dies, and its standby takes over.</summary>
public sealed class Failover
{
    [Test]
    public async Task A_synchronous_standby_takes_over()
    {
        // On the command line, not in the settings that the standby copies: the new primary has no standby to wait for.
        await using var primary = await Cluster.StartNewAsync("synchronous_standby_names=*");
        await using var standby = await primary.StartStandbyAsync();
        await primary.UntilSynchronousAsync();
        var both = primary.ConnectionString
            .Replace("Host=127.0.0.1;", $"Host=127.0.0.1:{primary.Port},127.0.0.1:{standby.Port};", StringComparison.Ordinal)
            .Replace($"Port={primary.Port};", "", StringComparison.Ordinal);

        var result = await Load.ThroughAsync(
            both,
            async _ =>
            {
                await primary.KillNineAsync();
                await Task.Delay(TimeSpan.FromSeconds(1));
                await standby.PromoteAsync();
            },
            options => options.Durability = SolidCacheDurability.Full);

        await FaultReport.AssertAsync("failover to a synchronous standby", result);
    }

    /// <summary>A standby refuses to listen, and the pool hands out the connection that it refused again.</summary>
    [Test]
    public async Task A_node_whose_listener_asks_the_standby_hears_it_once_it_is_the_primary()
    {
        await using var primary = await Cluster.StartNewAsync();
        await using var standby = await primary.StartStandbyAsync();
        await using var node = await CacheHost.StartAsync(primary.ConnectionString, options =>
            (options.Invalidation.Enabled, options.Invalidation.ListenerConnectionString) = (true, standby.ConnectionString));
        await Eventually.LoggedAsync(node, "listener_deaf");

        await standby.PromoteAsync();

        await Eventually.LoggedAsync(node, "listener_ready");
    }
}
