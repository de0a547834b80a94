using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.Options;
using SolidCache.Postgres;
using SolidCache.Postgres.AspNetCore;
using SolidCache.Postgres.AspNetCore.OutputCaching;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers PostgreSQL as the store of ASP.NET Core's output caching.</summary>
public static class SolidCacheOutputStoreServiceCollectionExtensions
{
    /// <summary>
    /// Keeps the responses of <c>AddOutputCache</c> and <c>UseOutputCache</c> in PostgreSQL, shared by all nodes, in a cache of its own
    /// (<see cref="SolidCacheOutputStore.ServiceKey"/>). Before or after <c>AddOutputCache</c>, which it does not call.
    /// </summary>
    /// <remarks>
    /// Its options are those of <c>AddPostgresSolidCache()</c>, in the same database and the same table, but for three: the key prefix, which is <c>output_cache</c>, or
    /// <c>shop.output_cache</c> beside a cache with the prefix <c>shop</c>; <see cref="SolidCacheFailureMode.Degrade"/>: while the database is away responses are made anew, and
    /// eviction by tag throws, as all removals do; and no <see cref="PostgresSolidCacheOptions.Invalidation"/>, since nobody keeps responses in memory. Calling it again adds configuration, not another store.
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options of the store's cache.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection AddPostgresSolidCacheOutputStore(this IServiceCollection services, Action<PostgresSolidCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (!services.Any(static service => service.ServiceType == typeof(OutputStore)))
        {
            services.AddKeyedPostgresSolidCache(SolidCacheOutputStore.ServiceKey, LikeTheDefault);
            services.AddSingleton(static provider => new OutputStore(provider.GetRequiredKeyedService<ISolidCache>(SolidCacheOutputStore.ServiceKey)));
            services.AddSingleton<IOutputCacheStore>(static provider => provider.GetRequiredService<OutputStore>());
            services.AddSingleton<IOutputCacheBufferStore>(static provider => provider.GetRequiredService<OutputStore>());
        }

        return configure is null ? services : services.AddKeyedPostgresSolidCache(SolidCacheOutputStore.ServiceKey, configure);
    }

    private static void LikeTheDefault(IServiceProvider provider, PostgresSolidCacheOptions options)
    {
        options.CopyFrom(provider.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().CurrentValue);
        options.KeyPrefix = options.KeyPrefix is { } prefix ? $"{prefix}.{SolidCacheOutputStore.ServiceKey}" : SolidCacheOutputStore.ServiceKey;
        options.FailureMode = SolidCacheFailureMode.Degrade;
        options.Invalidation.Enabled = false;
    }
}
