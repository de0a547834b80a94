using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Invalidation;

/// <summary>A node that writes without end is told of what others change as soon as any other, and long before it would look by itself.</summary>
public sealed class BusyWriters
{
    private const int Writers = 16;
    private static readonly SolidCacheEntryOptions AnHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };

    [Test]
    public async Task Hear_of_what_others_change()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var busy = await StartAsync(database);
        await using var other = await StartAsync(database);
        var invalidations = busy.Services.GetRequiredService<ISolidCacheInvalidations>();
        await invalidations.WaitUntilCurrentAsync();
        await Eventually.LoggedAsync(busy, "listener_ready");
        foreach (var key in (string[])["other", .. Enumerable.Range(0, Writers).Select(static writer => $"own:{writer}")])
        {
            await other.Cache.SetAsync(key, [0], AnHour);
        }

        var told = new ConcurrentQueue<string>();
        using var subscription = invalidations.Subscribe(changed => changed.Keys.Where(static key => key == "other").ToList().ForEach(told.Enqueue));
        using var stopping = new CancellationTokenSource();
        var writes = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(busy.Cache, $"own:{writer}", stopping.Token)));
        for (var round = 0; round < 6; round++)
        {
            await Task.Delay(300);
            told.Clear();
            await other.Cache.SetAsync("other", [1], AnHour);
            await Eventually.TrueAsync(() => Task.FromResult(!told.IsEmpty), "it is told what another changed", TimeSpan.FromSeconds(5));
        }

        await stopping.CancelAsync();
        await writes;
    }

    private static async Task WriteAsync(ISolidCache cache, string key, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await cache.SetAsync(key, [1], AnHour, CancellationToken.None);
        }
    }

    private static Task<CacheHost> StartAsync(TestDatabase database) => CacheHost.StartAsync(
        database.ConnectionString, options => (options.Invalidation.Enabled, options.Invalidation.PollInterval, options.Invalidation.MaxStaleness) = (true, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(60)));
}
