using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;

namespace AuthService.Caching;

/// <summary>Reads a value by way of the cache.</summary>
internal static partial class CachedValue
{
    /// <summary>The cached value, or null; an entry that cannot be read counts as none and is replaced.</summary>
    public static async Task<T?> FindAsync<T>(
        this IDistributedCache cache, string key, JsonTypeInfo<T> type, ILogger logger, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            return (await cache.TryGetJsonAsync(key, type, cancellationToken)).Value;
        }
        catch (JsonException error)
        {
            LogUnreadable(logger, error, typeof(T).Name);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A cached {Type} could not be read and is replaced.")]
    private static partial void LogUnreadable(ILogger logger, JsonException error, string type);
}
