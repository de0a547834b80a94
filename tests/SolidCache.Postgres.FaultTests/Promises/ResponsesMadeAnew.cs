using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Output caching on a server that hangs: requests are answered, after <c>OperationTimeout</c> at most, and at once when the cache has noticed.</summary>
public sealed class ResponsesMadeAnew : OneServer
{
    [Test, CancelAfter(60_000)]
    public async Task A_server_that_hangs_costs_a_request_a_limit_and_soon_nothing()
    {
        await using var node = await WebNode.StartAsync(
            builder =>
            {
                builder.Services.AddPostgresSolidCache(options => (options.ConnectionString, options.OperationTimeout) = (Server.ConnectionString, Limit));
                builder.Services.AddOutputCache();
                builder.Services.AddPostgresSolidCacheOutputStore();
            },
            application =>
            {
                application.UseOutputCache();
                application.MapGet("/made/{number}", () => Guid.NewGuid().ToString()).CacheOutput();
            });
        var cached = await node.GetAsync("/made/0");
        Assert.That(await node.GetAsync("/made/0"), Is.EqualTo(cached));

        Server.Freeze();
        var frozen = Stopwatch.GetTimestamp();
        var first = new List<TimeSpan>();
        while (Stopwatch.GetElapsedTime(frozen) < 2 * Limit + Slack)
        {
            first.AddRange(await Task.WhenAll(Enumerable.Range(0, 20).Select(number => TimeAsync(node, $"/made/{number}"))));
            await Task.Delay(50);
        }

        var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => TimeAsync(node, $"/made/{number}")));
        Server.Thaw();

        Assert.That(first, Is.All.LessThan(Limit + Slack));
        Assert.That(others, Is.All.LessThan(AtOnce));
        await Eventually.TrueAsync(async () => await node.GetAsync("/made/21") == await node.GetAsync("/made/21"), "responses are cached again");
    }

    private static async Task<TimeSpan> TimeAsync(WebNode node, string path)
    {
        var began = Stopwatch.GetTimestamp();
        await node.GetAsync(path);
        return Stopwatch.GetElapsedTime(began);
    }
}
