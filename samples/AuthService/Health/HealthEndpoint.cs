using AuthService.Database;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace AuthService.Health;

/// <summary><c>/health</c>: 200 while the service works, degraded included, else 503.</summary>
internal static class HealthEndpoint
{
    public const string Database = "database";
    public const string Redis = "redis";
    public const string SolidCache = "solid_cache";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static void AddServiceHealth(this IServiceCollection services)
    {
        services.AddSingleton(static _ => new PoolFigures(DatabaseRegistration.PoolName));
        services.AddHealthChecks()
            .AddCheck<DatabaseHealthCheck>(Database, timeout: Timeout)
            .AddCheck<RedisHealthCheck>(Redis, HealthStatus.Degraded, timeout: Timeout)
            .AddPostgresSolidCache(SolidCache);
    }

    public static void MapServiceHealth(this IEndpointRouteBuilder app)
    {
        var pool = app.ServiceProvider.GetRequiredService<PoolFigures>();
        app.MapHealthChecks("/health", new HealthCheckOptions
        {
            ResponseWriter = (context, report) => context.Response.WriteAsJsonAsync(HealthReply.From(report, pool)),
        }).WithMetadata(HttpConventions.OnlyRead).AllowAnonymous();
    }
}
