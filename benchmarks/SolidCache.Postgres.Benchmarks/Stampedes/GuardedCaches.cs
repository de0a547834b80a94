using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Benchmarks.Servers;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Locking.Distributed.Redis;
using ZiggyCreatures.Caching.Fusion.Serialization.SystemTextJson;

namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>The caches of one process, each with its defaults.</summary>
internal sealed class GuardedCaches : IAsyncDisposable
{
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);
    private static readonly SolidCacheEntryOptions SolidLife = new() { AbsoluteExpirationRelativeToNow = Life };
    private static readonly HybridCacheEntryOptions HybridLife = new() { Expiration = Life };

    private readonly ServiceProvider _solid = Build(static services => services.AddPostgresSolidCache(static options =>
    {
        options.ConnectionString = PostgresServer.AddressFor("stampede");
        options.SweepExpiredEntries = false;
    }));

    private readonly ServiceProvider _hybrid = Build(static services =>
    {
        services.AddStackExchangeRedisCache(static options => options.Configuration = ServerAddresses.Redis);
        services.AddHybridCache();
    });

    private readonly ServiceProvider _fusion = Build(static services =>
    {
        services.AddStackExchangeRedisCache(static options => options.Configuration = ServerAddresses.Redis);
        services.AddFusionCache()
            .WithSerializer(new FusionCacheSystemTextJsonSerializer())
            .WithRegisteredDistributedCache()
            .WithDistributedLocker(new RedisDistributedLocker(new RedisDistributedLockerOptions { Configuration = ServerAddresses.Redis }));
    });

    public ValueTask<byte[]> GetOrCreateAsync(StampedeGuard guard, string key, Func<CancellationToken, ValueTask<byte[]>> factory) => guard switch
    {
        StampedeGuard.SolidCache => _solid.GetRequiredService<ISolidCache>().GetOrCreateAsync(key, factory, SolidLife),
        StampedeGuard.HybridCacheOverRedis => _hybrid.GetRequiredService<HybridCache>().GetOrCreateAsync("h" + key, factory, HybridLife),
        StampedeGuard.FusionCacheOverRedis => _fusion.GetRequiredService<IFusionCache>().GetOrSetAsync<byte[]>(
            key, async (_, token) => await factory(token), static options => options.SetDuration(Life)),
        _ => throw new ArgumentOutOfRangeException(nameof(guard), guard, "Nothing guards so."),
    };

    public async ValueTask DisposeAsync()
    {
        await _solid.DisposeAsync();
        await _hybrid.DisposeAsync();
        await _fusion.DisposeAsync();
    }

    private static ServiceProvider Build(Action<IServiceCollection> configure)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        configure(services);
        return services.BuildServiceProvider();
    }
}
