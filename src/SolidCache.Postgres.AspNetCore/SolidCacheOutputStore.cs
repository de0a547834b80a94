namespace SolidCache.Postgres.AspNetCore;

/// <summary>The cache in which ASP.NET Core's output caching keeps its responses.</summary>
public static class SolidCacheOutputStore
{
    /// <summary>
    /// The key of that cache, and the name of its options: the keyed <see cref="ISolidCache"/> removes responses by tag in a transaction, and
    /// <c>services.AddKeyedPostgresSolidCache(SolidCacheOutputStore.ServiceKey, configuration)</c> binds its options.
    /// </summary>
    public const string ServiceKey = "output_cache";
}
