using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>A pool holds connections that died with the server's last life. Nobody is told of them but those whose writes they may have carried.</summary>
public sealed class Restarts : OneServer
{
    [Test]
    public async Task Health_and_figures_are_as_before_when_the_server_is_back([Values] bool coalescing, [Values] bool restart, [Values] bool healthFirst)
    {
        await using var node = await CacheHost.StartAsync(
            Server.ConnectionString, options => options.Coalescing = coalescing, services => services.AddHealthChecks().AddPostgresSolidCache());
        var health = node.Services.GetRequiredService<HealthCheckService>();
        // Several at once, so that several connections lie in the pool: a second attempt must not meet the next that is dead.
        Assert.That((await StatisticsAsync(node, 8)).Concat(await ProbesAsync(health, 4)).Where(end => end.Error is not null), Is.Empty);

        if (restart)
        {
            await Server.StopFastAsync();
            await Server.StartAsync();
        }
        else
        {
            await EndConnectionsAsync();
        }

        Ended[] ends = healthFirst
            ? [.. await ProbesAsync(health, 1), .. await StatisticsAsync(node, 4)]
            : [.. await StatisticsAsync(node, 1), .. await ProbesAsync(health, 4)];
        Assert.That(ends.Where(end => end.Error is not null), Is.Empty);
    }

    [Test]
    public async Task The_next_life_of_a_server_that_was_killed_is_met_as_well()
    {
        await using var node = await CacheHost.StartAsync(
            Server.ConnectionString, configureServices: services => services.AddHealthChecks().AddPostgresSolidCache());
        var health = node.Services.GetRequiredService<HealthCheckService>();
        for (var life = 0; life < 3; life++)
        {
            Assert.That(await ProbesAsync(health, 3), Has.All.Property(nameof(Ended.Error)).Null);
            await Server.StopAtOnceAsync();
            await Server.StartAsync();
        }

        Assert.That(await StatisticsAsync(node, 3), Has.All.Property(nameof(Ended.Error)).Null);
    }

    private static Task<Ended[]> StatisticsAsync(CacheHost node, int count) =>
        Ended.OfAllAsync(Enumerable.Repeat(() => (Task)node.Cache.GetStatisticsAsync(), count));

    /// <summary>A probe that does not find the cache healthy is a failure whose error is its description.</summary>
    private static Task<Ended[]> ProbesAsync(HealthCheckService health, int count) => Ended.OfAllAsync(Enumerable.Repeat(
        async Task () =>
        {
            var entry = (await health.CheckHealthAsync()).Entries["solid_cache"];
            Assert.That(entry.Status, Is.EqualTo(HealthStatus.Healthy), entry.Description);
        },
        count));
}
