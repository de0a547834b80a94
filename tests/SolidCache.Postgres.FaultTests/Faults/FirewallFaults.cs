using System.Globalization;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>A firewall drops packets, and nobody is told: neither end hears of it but by waiting.</summary>
public sealed class FirewallFaults
{
    private static readonly TimeSpan LongerThanACall = TimeSpan.FromSeconds(8);

    /// <summary>A call's five seconds, and the two for which Npgsql waits whether its cancellation helps (<c>Cancellation Timeout</c>).</summary>
    private static readonly TimeSpan UntilAConnectionIsGivenUp = TimeSpan.FromSeconds(7);

    [Test]
    public async Task Nothing_gets_through() => await DropsAsync(
        "firewall drops all packets for 8 s",
        async (network, port) =>
        {
            await network.DropAsync("INPUT", "--protocol", "tcp", "--dport", port);
            await network.DropAsync("OUTPUT", "--protocol", "tcp", "--sport", port);
        });

    [Test]
    [Category("Long")]
    public async Task Calls_get_through_and_answers_do_not() => await DropsAsync(
        "firewall drops the server's packets for 8 s",
        (network, port) => network.DropAsync("OUTPUT", "--protocol", "tcp", "--sport", port));

    [Test]
    [Category("Long")]
    public async Task Connections_are_forgotten_and_new_ones_get_through()
    {
        await using var network = await PrivateNetwork.CreateAsync();
        await using var cluster = await Cluster.StartNewAsync(network);
        var forgotten = Array.Empty<int>();
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            forgotten = await cluster.ScalarAsync<int[]>("SELECT array_agg(client_port) FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'");
            foreach (var port in forgotten)
            {
                await network.DropAsync("INPUT", "--protocol", "tcp", "--sport", $"{port}");
            }
        });

        Assert.That(forgotten, Is.Not.Empty);
        await FaultReport.AssertAsync("firewall forgets the open connections", result, recovery: UntilAConnectionIsGivenUp);
    }

    private static async Task DropsAsync(string fault, Func<PrivateNetwork, string, Task> drop)
    {
        await using var network = await PrivateNetwork.CreateAsync();
        await using var cluster = await Cluster.StartNewAsync(network);
        var result = await Load.ThroughAsync(cluster.ConnectionString, async _ =>
        {
            await drop(network, cluster.Port.ToString(CultureInfo.InvariantCulture));
            await Task.Delay(LongerThanACall);
            await network.DeliverAsync();
        });

        await FaultReport.AssertAsync(fault, result);
        Assert.That(result.Errors, Is.Not.Empty);
    }
}
