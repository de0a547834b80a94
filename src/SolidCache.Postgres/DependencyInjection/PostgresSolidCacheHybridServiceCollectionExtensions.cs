using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SolidCache.Postgres;
using SolidCache.Postgres.DependencyInjection;
using SolidCache.Postgres.Hybrid;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a <see cref="HybridCache"/> in PostgreSQL and the memory of each process, coherent across all of them.</summary>
public static class PostgresSolidCacheHybridServiceCollectionExtensions
{
    /// <summary>
    /// Registers the cache as <see cref="HybridCache"/>, and as all that <c>AddPostgresSolidCache</c> registers it as. What any node, transaction, trigger or statement
    /// replaces or removes in the table, every process forgets: see <see cref="SolidCacheInvalidationOptions"/>, and <see cref="SolidCacheHybridOptions"/>.
    /// </summary>
    /// <remarks>Calling it again adds configuration, not a second cache. Serializers are taken from the services as Microsoft's implementation does.</remarks>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPostgresSolidHybridCache(this IServiceCollection services, Action<PostgresSolidCacheOptions>? configure = null)
    {
        services.AddPostgresSolidCache();
        return AddHybrid(services, Options.Options.DefaultName, serviceKey: null, configure);
    }

    /// <inheritdoc cref="AddPostgresSolidHybridCache(IServiceCollection, Action{PostgresSolidCacheOptions})"/>
    /// <summary>Registers one of several caches, as a keyed <see cref="HybridCache"/>, and as all that <c>AddKeyedPostgresSolidCache</c> registers it as.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddKeyedPostgresSolidHybridCache(this IServiceCollection services, string serviceKey, Action<PostgresSolidCacheOptions>? configure = null)
    {
        services.AddKeyedPostgresSolidCache(serviceKey);
        return AddHybrid(services, serviceKey, serviceKey, configure);
    }

    private static IServiceCollection AddHybrid(IServiceCollection services, string name, string? serviceKey, Action<PostgresSolidCacheOptions>? configure)
    {
        services.Configure<PostgresSolidCacheOptions>(name, options =>
        {
            options.Invalidation.Enabled = true;
            configure?.Invoke(options);
        });
        services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<CacheParts>(name).CreateHybrid(provider));
        // The last one counts, also after Microsoft's.
        services.AddKeyedSingleton<HybridCache>(serviceKey, (provider, _) => provider.GetRequiredKeyedService<SolidHybridCache>(name));
        return services;
    }
}
