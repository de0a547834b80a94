namespace SolidCache.Postgres;

/// <summary>Fills a cache with what its first callers would miss.</summary>
/// <remarks>
/// Registered by <c>services.AddSolidCacheWarmer&lt;T&gt;()</c>, which runs it once the host has started. Use the cache as any other
/// code does: what a warmer stores has a life and a key like everything else. Every node warms; where that is too much work, look first
/// whether another node has done it.
/// </remarks>
public interface ISolidCacheWarmer
{
    /// <summary>Loads the data and stores it. May run again after it failed, and while other nodes do the same.</summary>
    /// <param name="cancellationToken">Fires when the host stops.</param>
    /// <returns>A task that ends when everything is stored. When it fails, the warmer is run again later.</returns>
    Task WarmAsync(CancellationToken cancellationToken);
}
