using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres;
using SolidCache.Postgres.DependencyInjection;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers a distributed cache in PostgreSQL by the name of its connection, as the client integrations of Aspire do.</summary>
public static class PostgresSolidCacheHostApplicationBuilderExtensions
{
    private const string Section = "SolidCache:Postgres";

    /// <summary>Registers the cache as <c>services.AddPostgresSolidCache()</c> does, on a connection that the configuration knows by a name, and its health check.</summary>
    /// <remarks>
    /// The options are those of the section <c>SolidCache:Postgres</c>; then those of its section with the connection's name, <c>SolidCache:Postgres:cachedb</c>; then the connection
    /// string <c>ConnectionStrings:cachedb</c>; then what the two functions set. Metrics and traces are there for whoever subscribes to the names in <see cref="SolidCacheTelemetry"/>.
    /// </remarks>
    /// <param name="builder">The application's.</param>
    /// <param name="connectionName">The name of the connection string; not empty.</param>
    /// <param name="configureSettings">Changes what the configuration says of the connection, and of what else is registered.</param>
    /// <param name="configureOptions">Sets the cache's options, after the configuration.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="connectionName"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="connectionName"/> is empty.</exception>
    public static void AddPostgresSolidCache(
        this IHostApplicationBuilder builder,
        string connectionName,
        Action<PostgresSolidCacheSettings>? configureSettings = null,
        Action<PostgresSolidCacheOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(connectionName);
        builder.Services.AddPostgresSolidCache();
        Add(builder, connectionName, Options.Options.DefaultName, serviceKey: null, configureSettings, configureOptions);
    }

    /// <summary>Registers one of several caches, as <c>services.AddKeyedPostgresSolidCache(name)</c> does, on the connection with the same name, and its health check <c>solid_cache_</c> and the name.</summary>
    /// <inheritdoc cref="AddPostgresSolidCache(IHostApplicationBuilder, string, Action{PostgresSolidCacheSettings}?, Action{PostgresSolidCacheOptions}?)"/>
    /// <param name="builder">The application's.</param>
    /// <param name="name">The name of the connection string, and the key of the services; not empty.</param>
    /// <param name="configureSettings">Changes what the configuration says of the connection, and of what else is registered.</param>
    /// <param name="configureOptions">Sets the cache's options, after the configuration.</param>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> or <paramref name="name"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="name"/> is empty.</exception>
    public static void AddKeyedPostgresSolidCache(
        this IHostApplicationBuilder builder,
        string name,
        Action<PostgresSolidCacheSettings>? configureSettings = null,
        Action<PostgresSolidCacheOptions>? configureOptions = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        builder.Services.AddKeyedPostgresSolidCache(name);
        Add(builder, name, name, name, configureSettings, configureOptions);
    }

    private static void Add(
        IHostApplicationBuilder builder,
        string connection,
        string cache,
        string? serviceKey,
        Action<PostgresSolidCacheSettings>? configureSettings,
        Action<PostgresSolidCacheOptions>? configureOptions)
    {
        var (services, ofAll) = (builder.Services, builder.Configuration.GetSection(Section));
        var ofOne = ofAll.GetSection(connection);
        var settings = new PostgresSolidCacheSettings();
        ofAll.Bind(settings);
        ofOne.Bind(settings);
        settings.ConnectionString = builder.Configuration.GetConnectionString(connection) ?? settings.ConnectionString;
        configureSettings?.Invoke(settings);

        PostgresSolidCacheServiceCollectionExtensions.Bind(services, cache, ofAll, SectionOf.AllConnections);
        PostgresSolidCacheServiceCollectionExtensions.Bind(services, cache, ofOne, SectionOf.Connection);
        services.AddOptions<PostgresSolidCacheOptions>(cache)
            .Configure(options => (options.ConnectionString, options.IsMetered, options.IsTraced) = (settings.ConnectionString, !settings.DisableMetrics, !settings.DisableTracing))
            .Configure(configureOptions ?? (static _ => { }))
            .Validate(
                static options => options.ConnectionString is not null,
                $"The cache has no connection string: it should be in ConnectionStrings:{connection}, or be the ConnectionString of the section {Section} or {Section}:{connection}");

        if (!settings.DisableHealthChecks)
        {
            services.AddHealthChecks();
            services.PostConfigure<HealthCheckServiceOptions>(options => AddHealthCheck(options, serviceKey));
        }
    }

    /// <summary>Unless the application has added it by itself; two of a name are an error.</summary>
    private static void AddHealthCheck(HealthCheckServiceOptions options, string? serviceKey)
    {
        var name = serviceKey is null ? "solid_cache" : $"solid_cache_{serviceKey}";
        if (options.Registrations.All(other => !other.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            options.Registrations.Add(PostgresSolidCacheHealthChecksBuilderExtensions.Registration(name, serviceKey));
        }
    }
}
