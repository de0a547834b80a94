using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres.Health;

namespace SolidCache.Postgres.Tests.Health;

/// <summary>Runs a check as the host does.</summary>
internal static class HealthChecks
{
    public static Task<HealthCheckResult> CheckAsync(
        ISolidCache cache,
        PostgresSolidCacheHealthOptions options,
        TimeProvider time,
        HealthStatus failureStatus = HealthStatus.Unhealthy,
        CancellationToken token = default)
    {
        var check = new PostgresSolidCacheHealthCheck(cache, told: null, options, time);
        var context = new HealthCheckContext { Registration = new HealthCheckRegistration("solid_cache", check, failureStatus, tags: null) };
        return check.CheckHealthAsync(context, token);
    }
}
