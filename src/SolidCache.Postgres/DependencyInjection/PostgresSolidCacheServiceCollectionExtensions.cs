using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SolidCache.Postgres;
using SolidCache.Postgres.DependencyInjection;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Warming;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a distributed cache in PostgreSQL.</summary>
public static class PostgresSolidCacheServiceCollectionExtensions
{
    /// <summary>
    /// Registers the cache as <see cref="IDistributedCache"/>, <see cref="IBufferDistributedCache"/> and <see cref="ISolidCache"/>, with the
    /// hosted services that create its schema and sweep its expired entries. It uses the registered <c>NpgsqlDataSource</c>.
    /// </summary>
    /// <remarks>Calling it again adds configuration, not a second cache.</remarks>
    /// <param name="services">The services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddPostgresSolidCache(this IServiceCollection services) =>
        AddCache(services, Options.Options.DefaultName, serviceKey: null);

    /// <inheritdoc cref="AddPostgresSolidCache(IServiceCollection)"/>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddPostgresSolidCache(this IServiceCollection services, Action<PostgresSolidCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return AddPostgresSolidCache(services).Configure(configure);
    }

    /// <inheritdoc cref="AddPostgresSolidCache(IServiceCollection)"/>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options with the help of other services.</param>
    public static IServiceCollection AddPostgresSolidCache(
        this IServiceCollection services, Action<IServiceProvider, PostgresSolidCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        AddPostgresSolidCache(services);
        return ConfigureWithServices(services, Options.Options.DefaultName, configure);
    }

    /// <inheritdoc cref="AddPostgresSolidCache(IServiceCollection)"/>
    /// <param name="services">The services.</param>
    /// <param name="configuration">A section whose values carry the names of the options, and none but those.</param>
    public static IServiceCollection AddPostgresSolidCache(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        AddPostgresSolidCache(services);
        return Bind(services, Options.Options.DefaultName, configuration);
    }

    /// <inheritdoc cref="AddPostgresSolidCache(IServiceCollection)"/>
    /// <summary>Registers the cache on a data source that is in no container. It is shared, and left open when the cache ends.</summary>
    /// <param name="services">The services.</param>
    /// <param name="dataSource">The data source.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddPostgresSolidCache(
        this IServiceCollection services, NpgsqlDataSource dataSource, Action<PostgresSolidCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return AddPostgresSolidCache(services).Configure<PostgresSolidCacheOptions>(options => Set(options, dataSource, configure));
    }

    /// <summary>
    /// Registers one of several caches, as keyed <see cref="IDistributedCache"/>, <see cref="IBufferDistributedCache"/> and
    /// <see cref="ISolidCache"/>. Its options carry the key as their name; it uses the <c>NpgsqlDataSource</c> registered under the same
    /// key, else the unkeyed one. Give each cache a table or a key prefix of its own.
    /// </summary>
    /// <remarks>Calling it again with the same key adds configuration, not another cache.</remarks>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddKeyedPostgresSolidCache(this IServiceCollection services, string serviceKey)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return AddCache(services, serviceKey, serviceKey);
    }

    /// <inheritdoc cref="AddKeyedPostgresSolidCache(IServiceCollection, string)"/>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddKeyedPostgresSolidCache(
        this IServiceCollection services, string serviceKey, Action<PostgresSolidCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        return AddKeyedPostgresSolidCache(services, serviceKey).Configure(serviceKey, configure);
    }

    /// <inheritdoc cref="AddKeyedPostgresSolidCache(IServiceCollection, string)"/>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <param name="configure">Sets the options with the help of other services.</param>
    public static IServiceCollection AddKeyedPostgresSolidCache(
        this IServiceCollection services, string serviceKey, Action<IServiceProvider, PostgresSolidCacheOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        AddKeyedPostgresSolidCache(services, serviceKey);
        return ConfigureWithServices(services, serviceKey, configure);
    }

    /// <inheritdoc cref="AddKeyedPostgresSolidCache(IServiceCollection, string)"/>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <param name="configuration">A section whose values carry the names of the options.</param>
    public static IServiceCollection AddKeyedPostgresSolidCache(
        this IServiceCollection services, string serviceKey, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        AddKeyedPostgresSolidCache(services, serviceKey);
        return Bind(services, serviceKey, configuration);
    }

    /// <inheritdoc cref="AddKeyedPostgresSolidCache(IServiceCollection, string)"/>
    /// <summary>Registers one of several caches on a data source that is in no container. It is shared, and left open when the cache ends.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <param name="dataSource">The data source.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddKeyedPostgresSolidCache(
        this IServiceCollection services, string serviceKey, NpgsqlDataSource dataSource, Action<PostgresSolidCacheOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(dataSource);
        return AddKeyedPostgresSolidCache(services, serviceKey).Configure<PostgresSolidCacheOptions>(serviceKey, options => Set(options, dataSource, configure));
    }

    /// <summary>
    /// Registers a warmer: once the host has started it runs in a scope of its own, and again, after two seconds and then after ever longer
    /// waits of up to a minute, until it succeeds. The start waits for nothing, and a failure is logged and not thrown.
    /// </summary>
    /// <remarks>Calling it again with the same warmer changes nothing.</remarks>
    /// <typeparam name="T">The warmer; added as a scoped service unless it is registered already.</typeparam>
    /// <param name="services">The services.</param>
    /// <returns>The same services.</returns>
    public static IServiceCollection AddSolidCacheWarmer<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(
        this IServiceCollection services)
        where T : class, ISolidCacheWarmer
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddScoped<T>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, WarmerService<T>>(static provider => new WarmerService<T>(
            provider.GetRequiredService<IServiceScopeFactory>(),
            provider.GetRequiredService<IHostApplicationLifetime>(),
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            new Log(provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance))));
        return services;
    }

    private static void Set(PostgresSolidCacheOptions options, NpgsqlDataSource dataSource, Action<PostgresSolidCacheOptions>? configure)
    {
        options.DataSource = () => dataSource;
        configure?.Invoke(options);
    }

    private static IServiceCollection AddCache(IServiceCollection services, string name, string? serviceKey)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<PostgresSolidCacheOptions>(name).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresSolidCacheOptions>, OptionsValidator>());
        services.AddKeyedSingleton<IDistributedCache>(serviceKey, (provider, _) => Parts(provider).Cache);
        services.AddKeyedSingleton<IBufferDistributedCache>(serviceKey, (provider, _) => Parts(provider).Cache);
        if (services.Any(service => service.ServiceType == typeof(CacheParts) && Equals(service.ServiceKey, name)))
        {
            return services;
        }

        services.TryAddSingleton(static _ => new TableClaims());
        services.TryAddSingleton(static provider => new CacheInstruments(provider.GetService<IMeterFactory>()));
        services.AddKeyedSingleton(name, (provider, _) => CacheParts.Of(provider, name));
        services.AddKeyedSingleton(serviceKey, (provider, _) => Parts(provider).Cache);
        services.AddKeyedSingleton(serviceKey, (provider, _) => Parts(provider).Invalidations);
        services.AddKeyedSingleton(serviceKey, (provider, _) => Parts(provider).Locks);
        services.AddSingleton<IHostedService>(provider => Parts(provider).SchemaInitializer);
        services.AddSingleton<IHostedService>(provider => Parts(provider).SweeperService);
        return services;

        CacheParts Parts(IServiceProvider provider) => provider.GetRequiredKeyedService<CacheParts>(name);
    }

    private static IServiceCollection ConfigureWithServices(
        IServiceCollection services, string name, Action<IServiceProvider, PostgresSolidCacheOptions> configure)
    {
        services.AddOptions<PostgresSolidCacheOptions>(name).Configure<IServiceProvider>((options, provider) => configure(provider, options));
        return services;
    }

    internal static IServiceCollection Bind(IServiceCollection services, string name, IConfiguration configuration, SectionOf holds = SectionOf.Cache)
    {
        var options = services.AddOptions<PostgresSolidCacheOptions>(name);
        // At its root a configuration holds the settings of everybody.
        if (configuration is IConfigurationSection section)
        {
            options.Configure(_ => new SectionValidator(name, section, holds).Validate());
        }

        options.Bind(configuration);
        return services;
    }
}
