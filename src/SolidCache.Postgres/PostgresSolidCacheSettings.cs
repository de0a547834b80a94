namespace SolidCache.Postgres;

/// <summary>What <c>builder.AddPostgresSolidCache("cachedb")</c> sees to beside the cache's options, as the client integrations of Aspire have it.</summary>
public sealed class PostgresSolidCacheSettings
{
    /// <summary>Gets or sets the connection string: Npgsql's, or a <c>postgresql://</c> URI.</summary>
    /// <value><c>ConnectionStrings:cachedb</c>, else <c>ConnectionString</c> of the sections.</value>
    public string? ConnectionString { get; set; }

    /// <summary>Gets or sets a value indicating whether no health check is registered for the cache.</summary>
    /// <value>Default: false.</value>
    public bool DisableHealthChecks { get; set; }

    /// <summary>Gets or sets a value indicating whether the cache makes no spans, whoever listens to <see cref="SolidCacheTelemetry.ActivitySourceName"/>.</summary>
    /// <value>Default: false.</value>
    public bool DisableTracing { get; set; }

    /// <summary>Gets or sets a value indicating whether the cache reports no figures, whoever listens to <see cref="SolidCacheTelemetry.MeterName"/>.</summary>
    /// <value>Default: false.</value>
    public bool DisableMetrics { get; set; }
}
