using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>A server whose clock runs ahead of what the cache knows of it: here it is the cache's time that stands still.</summary>
[Category(OneServer.Category)]
public sealed class TurnedClocks
{
    [Test]
    public async Task Writes_that_seem_late_are_sent_once_more_and_nobody_notices([Values] bool coalescing)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var node = await CacheHost.StartAsync(
            database.ConnectionString,
            options => (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(1)),
            services => services.AddSingleton<TimeProvider>(new FakeTimeProvider()));
        await node.Cache.SetAsync("removed", [1], new());
        await Task.Delay(TimeSpan.FromSeconds(1.5));

        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => node.Cache.SetAsync($"key:{number}", [1], new())).Append(node.Cache.RemoveAsync("removed")));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(50));
    }
}
