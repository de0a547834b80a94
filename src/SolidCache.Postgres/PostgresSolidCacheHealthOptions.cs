namespace SolidCache.Postgres;

/// <summary>When the health check reports the cache as degraded, and how long it may take.</summary>
public sealed class PostgresSolidCacheHealthOptions
{
    /// <summary>Gets or sets how many entries may have expired longer than a sweep interval ago. More mean that sweeps do not keep up.</summary>
    /// <value>Default: 1,000. 0 or more.</value>
    public long MaxOverdueEntries { get; set; } = 1_000;

    /// <summary>Gets or sets how many bytes of live keys and values there may be. More suggest shorter lives.</summary>
    /// <value>Default: 102,400,000 (100,000 KB). 1 or more.</value>
    public long MaxLiveBytes { get; set; } = 100_000 * 1_024;

    /// <summary>Gets or sets how long the check may take before it reports that the server does not answer.</summary>
    /// <value>Default: 3 seconds. 10 milliseconds to 1 minute.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(3);
}
