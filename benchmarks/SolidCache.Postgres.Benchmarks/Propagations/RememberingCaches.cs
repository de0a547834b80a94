using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Benchmarks.Servers;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Backplane.StackExchangeRedis;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>The caches of one process that remember what they have read, as <see cref="HybridCache"/> each.</summary>
internal sealed class RememberingCaches : IAsyncDisposable
{
    private readonly Dictionary<PropagationCache, ServiceProvider> _caches = new()
    {
        [PropagationCache.ToldByNotifications] = Ours("told", listens: true),
        [PropagationCache.LooksIntoTheLog] = Ours("looking", listens: false),
        [PropagationCache.FusionCacheOverRedis] = FusionCacheOverRedis(),
    };

    public HybridCache this[PropagationCache cache] => _caches[cache].GetRequiredService<HybridCache>();

    /// <summary>Null of those on Redis, which has no transaction in common with the data.</summary>
    public ISolidCache? Table(PropagationCache cache) => _caches[cache].GetService<ISolidCache>();

    /// <summary>Ends when each knows of changes.</summary>
    public async Task StartAsync()
    {
        foreach (var cache in _caches.Values)
        {
            await (cache.GetService<ISolidCacheInvalidations>()?.WaitUntilCurrentAsync() ?? Task.CompletedTask);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var cache in _caches.Values)
        {
            await cache.DisposeAsync();
        }
    }

    private static ServiceProvider Ours(string applicationName, bool listens)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddPostgresSolidHybridCache(options =>
        {
            options.ConnectionString = PostgresServer.AddressFor(applicationName);
            (options.SweepExpiredEntries, options.Invalidation.Listen) = (false, listens);
        });
        return services.BuildServiceProvider();
    }

    private static ServiceProvider FusionCacheOverRedis()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddStackExchangeRedisCache(static options => options.Configuration = ServerAddresses.Redis);
        services.AddFusionCache()
            .WithSerializer(new FusionCacheSystemTextJsonSerializer())
            .WithRegisteredDistributedCache()
            .WithBackplane(new RedisBackplane(new RedisBackplaneOptions { Configuration = ServerAddresses.Redis }))
            .AsHybridCache();
        return services.BuildServiceProvider();
    }
}
