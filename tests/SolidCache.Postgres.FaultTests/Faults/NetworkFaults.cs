using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The server is well, and the way to it is not.</summary>
public sealed class NetworkFaults
{
    private static readonly TimeSpan LongerThanACall = TimeSpan.FromSeconds(8);

    [Test]
    public async Task The_network_swallows_everything() => await FailsAsync(Traffic.Swallowed, "network swallows everything for 8 s", LongerThanACall);

    [Test]
    [Category("Long")]
    public async Task The_network_delivers_everything_late() => await FailsAsync(Traffic.Held, "network holds everything back for 8 s", LongerThanACall);

    [Test]
    public async Task The_network_refuses_connections() => await FailsAsync(Traffic.Refused, "connections reset and refused for 3 s", TimeSpan.FromSeconds(3));

    [Test]
    public async Task Connections_end_in_the_middle_of_an_answer() => await FailsAsync(Traffic.Torn, "connections cut off within an answer for 1 s", TimeSpan.FromSeconds(1));

    [Test]
    [Category("Long")]
    public async Task The_network_is_slow_and_stalls()
    {
        var result = await ThroughAsync(Traffic.Slow, LongerThanACall);

        Assert.That(result.Errors, Is.Empty, "What is slow still works.");
        await FaultReport.AssertAsync("latency of 50 ms each way, with stalls of up to 1 s, for 8 s", result);
    }

    private static async Task FailsAsync(Traffic traffic, string fault, TimeSpan duration)
    {
        var result = await ThroughAsync(traffic, duration);

        await FaultReport.AssertAsync(fault, result);
        Assert.That(result.Errors, Is.Not.Empty);
    }

    private static async Task<LoadResult> ThroughAsync(Traffic traffic, TimeSpan duration)
    {
        await using var cluster = await Cluster.StartNewAsync();
        await using var proxy = new TcpProxy(cluster.Port);
        return await Load.ThroughAsync(Cluster.ConnectionStringOn(proxy.Port), async _ =>
        {
            proxy.Traffic = traffic;
            await Task.Delay(duration);
            proxy.Traffic = Traffic.Normal;
        });
    }
}
