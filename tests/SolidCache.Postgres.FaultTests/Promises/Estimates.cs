using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>
/// A large table of which little is left, in a few of its blocks: a count that is an estimate says so, and the same data have the same health.
/// </summary>
public sealed class Estimates : OneServer
{
    private const int Rows = 200_000;
    private const int Left = 4_000;
    private const int Nodes = 3;
    private const int Probes = 12;

    [Test]
    public async Task Health_does_not_flap_while_nothing_changes([Values] bool overdue)
    {
        // Those that are left are overdue, or have more bytes than expected: four times as many as allowed, and none in most of the blocks.
        await FillAsync(overdue ? "now() - interval '3 hours'" : "now() + interval '1 day'");
        var seen = new List<(HealthStatus Status, string? Description)>();
        for (var node = 0; node < Nodes; node++)
        {
            await using var host = await CacheHost.StartAsync(
                Server.ConnectionString,
                configureServices: services => services.AddHealthChecks().AddPostgresSolidCache(
                    configure: options => (options.MaxOverdueEntries, options.MaxLiveBytes) = (Left / 4, Left * 110 / 4)));
            var health = host.Services.GetRequiredService<HealthCheckService>();
            for (var probe = 0; probe < Probes; probe++)
            {
                var entry = (await health.CheckHealthAsync()).Entries["solid_cache"];
                Assert.That(entry.Data["is_estimate"], Is.True, "Nobody counts as many blocks for a probe.");
                seen.Add((entry.Status, entry.Description));
            }
        }

        await TestContext.Out.WriteLineAsync(string.Join('\n', seen.Select(one => $"{one.Status} {one.Description}").CountBy(line => line)));
        Assert.That(seen.Select(one => one.Status).Distinct().ToList(), Has.Count.EqualTo(1), "The same data have the same health.");
    }

    [Test]
    public async Task Figures_of_a_sample_say_that_they_are_estimates()
    {
        await FillAsync("now() + interval '1 day'");
        await using var node = await StartNodeAsync();

        for (var reading = 0; reading < 5; reading++)
        {
            var statistics = await node.Cache.GetStatisticsAsync();
            await TestContext.Out.WriteLineAsync($"{statistics.TotalEntries} of {Left}");
            Assert.That(statistics.IsEstimate, Is.True);
            Assert.That(statistics.TotalEntries, Is.Not.Negative);
        }
    }

    private async Task FillAsync(string expiresAt)
    {
        await Server.ExecuteAsync("ALTER TABLE solid_cache_entries SET (autovacuum_enabled = off)");
        await Server.ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, key, value)
            SELECT {expiresAt}, lpad(i::text, 10, '0'), decode(repeat('ab', 100), 'hex') FROM generate_series(1, {Rows}) AS i;
            DELETE FROM solid_cache_entries WHERE key::int NOT BETWEEN {Rows / 2} AND {(Rows / 2) + Left - 1};
            """);
    }
}
