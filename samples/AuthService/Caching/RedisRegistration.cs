using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using StackExchange.Redis;

namespace AuthService.Caching;

/// <summary>
/// Redis, for permissions: a server of its own if <c>ConnectionStrings:Redis</c> names one, else <see cref="EmbeddedRedis"/>. The service
/// goes on without it, so nothing waits for it for long.
/// </summary>
internal static class RedisRegistration
{
    private const int ConnectMilliseconds = 1_000;
    private const int CallMilliseconds = 250;

    public static void AddRedis(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.Configuration.GetConnectionString("Redis") is { Length: > 0 } connectionString)
        {
            var settings = Parse(connectionString);
            services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect(settings));
        }
        else
        {
            services.AddSingleton(static _ => EmbeddedRedis.Start());
            services.AddSingleton<IConnectionMultiplexer>(static provider =>
                ConnectionMultiplexer.Connect(Parse(provider.GetRequiredService<EmbeddedRedis>().ConnectionString)));
        }

        services.AddKeyedSingleton<IDistributedCache>(PermissionCache.ServiceKey, static (provider, _) => new RedisCache(new RedisCacheOptions
        {
            InstanceName = "auth:",
            ConnectionMultiplexerFactory = () => Task.FromResult(provider.GetRequiredService<IConnectionMultiplexer>()),
        }));
        services.AddSingleton<PermissionCache>();
    }

    private static ConfigurationOptions Parse(string connectionString)
    {
        try
        {
            var settings = ConfigurationOptions.Parse(connectionString);
            settings.AbortOnConnectFail = false;
            settings.ConnectRetry = 1;
            settings.ConnectTimeout = ConnectMilliseconds;
            settings.SyncTimeout = CallMilliseconds;
            settings.AsyncTimeout = CallMilliseconds;
            settings.ReconnectRetryPolicy = new LinearRetry(ConnectMilliseconds);
            settings.BacklogPolicy = BacklogPolicy.FailFast;
            return settings;
        }
        catch (ArgumentException error)
        {
            // It may hold a password, so neither its text nor the parser's words are shown.
            throw new SetupException("ConnectionStrings__Redis is no connection string of StackExchange.Redis; it looks like localhost:6379,password=...", error);
        }
    }
}
