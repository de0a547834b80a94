using Microsoft.Extensions.Diagnostics.HealthChecks;
using SolidCache.Postgres;
using SolidCache.Postgres.DependencyInjection;
using SolidCache.Postgres.Health;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers the health check of a cache in PostgreSQL.</summary>
public static class PostgresSolidCacheHealthChecksBuilderExtensions
{
    /// <summary>
    /// Adds a check that is healthy while the cache answers, degraded when sweeps do not keep up or more is stored than expected, and
    /// unhealthy, with a description that says what to do, when the server is away, the table is missing or the role lacks rights.
    /// </summary>
    /// <remarks>
    /// Its data: <c>total_entries</c>, <c>expired_entries</c>, <c>overdue_entries</c>, <c>total_size_bytes</c>, <c>total_size_kb</c>,
    /// <c>live_bytes</c>, <c>is_estimate</c> and, once a sweep has finished, <c>last_sweep_age_seconds</c>. It costs the same on a table of any size.
    /// </remarks>
    /// <param name="builder">The builder of <c>services.AddHealthChecks()</c>.</param>
    /// <param name="name">The name of the check.</param>
    /// <param name="serviceKey">The key of the cache, or null for the unkeyed one.</param>
    /// <param name="failureStatus">The status of a failure; null for <see cref="HealthStatus.Unhealthy"/>.</param>
    /// <param name="tags">Tags to filter checks by.</param>
    /// <param name="configure">Sets the thresholds and the time-out.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A threshold or the time-out is out of its range.</exception>
    public static IHealthChecksBuilder AddPostgresSolidCache(
        this IHealthChecksBuilder builder,
        string name = "solid_cache",
        string? serviceKey = null,
        HealthStatus? failureStatus = null,
        IEnumerable<string>? tags = null,
        Action<PostgresSolidCacheHealthOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(Registration(name, serviceKey, failureStatus, tags, configure));
    }

    internal static HealthCheckRegistration Registration(
        string name, string? serviceKey, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null, Action<PostgresSolidCacheHealthOptions>? configure = null)
    {
        var options = new PostgresSolidCacheHealthOptions();
        configure?.Invoke(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxOverdueEntries);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxLiveBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Timeout, TimeSpan.FromMilliseconds(10));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Timeout, TimeSpan.FromMinutes(1));
        return new HealthCheckRegistration(name, Check, failureStatus, tags);

        IHealthCheck Check(IServiceProvider services) => new PostgresSolidCacheHealthCheck(
            services.GetKeyedService<ISolidCache>(serviceKey) ?? throw new InvalidOperationException(serviceKey is null
                ? $"The health check '{name}' has no cache: there is none without a key. Name the key of one, AddHealthChecks().AddPostgresSolidCache(serviceKey: \"...\"), "
                    + "or register one with services.AddPostgresSolidCache()."
                : $"The health check '{name}' has no cache: there is none under the key '{serviceKey}'. Register it with services.AddKeyedPostgresSolidCache(\"{serviceKey}\")."),
            services.GetKeyedService<CacheParts>(serviceKey ?? Options.Options.DefaultName)?.Told,
            options,
            TimeProvider.System);
    }
}
