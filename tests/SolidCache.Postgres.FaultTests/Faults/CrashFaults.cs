using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>The server is killed, and recovers from its log.</summary>
public sealed class CrashFaults
{
    private const int Markers = 100;

    [Test]
    [Category("Long")]
    public async Task The_servers_backends_are_killed([Values] SolidCacheDurability durability)
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async _ =>
            {
                cluster.KillNineChildren();
                await Task.Delay(TimeSpan.FromSeconds(1));
            },
            options => options.Durability = durability);

        await FaultReport.AssertAsync($"kill -9 of all backends, {durability}", result, setsMayBeLost: durability == SolidCacheDurability.Relaxed);
        Assert.That(result.Errors, Is.Not.Empty);
    }

    [Test]
    public async Task The_server_is_killed([Values] SolidCacheDurability durability)
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async _ =>
            {
                await cluster.KillNineAsync();
                await cluster.StartAsync();
            },
            options => options.Durability = durability);

        await FaultReport.AssertAsync($"kill -9 of the server, {durability}", result, setsMayBeLost: durability == SolidCacheDurability.Relaxed);
    }

    [Test]
    public async Task The_server_of_an_unlogged_table_is_killed_which_empties_it()
    {
        await using var cluster = await Cluster.StartNewAsync();
        string[] markers = [.. Enumerable.Range(0, Markers).Select(number => $"marker:{number}")];
        var left = Markers;
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async cache =>
            {
                foreach (var marker in markers)
                {
                    await cache.SetAsync(marker, [1], new());
                }

                await cluster.KillNineAsync();
                await cluster.StartAsync();
                left = await cluster.ScalarAsync<int>("SELECT count(*)::int FROM solid_cache_entries WHERE key LIKE 'marker:%'");
            },
            options => options.UnloggedTable = true);

        Assert.That(left, Is.Zero, "A crash leaves nothing in the table.");
        await FaultReport.AssertAsync("kill -9 of the server, unlogged table", result, setsMayBeLost: true);
    }
}
