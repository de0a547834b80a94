using Microsoft.AspNetCore.Diagnostics.HealthChecks;

namespace AuthService.Health;

/// <summary><c>/health</c>: 200 while the service works, degraded included, else 503.</summary>
internal static class HealthEndpoint
{
    public const string Database = "database";
    public const string SolidCache = "solid_cache";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    public static void AddServiceHealth(this IServiceCollection services) =>
        services.AddHealthChecks()
            .AddCheck<DatabaseHealthCheck>(Database, timeout: Timeout)
            .AddPostgresSolidCache(SolidCache);

    public static void MapServiceHealth(this IEndpointRouteBuilder app) =>
        app.MapHealthChecks("/health", new HealthCheckOptions
        {
            ResponseWriter = static (context, report) => context.Response.WriteAsJsonAsync(HealthReply.From(report)),
        }).AllowAnonymous();
}
