using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;

namespace AuthService.Caching;

/// <summary>Values by way of a cache. An entry that cannot be read counts as none and is replaced.</summary>
internal static partial class CachedValue
{
    /// <summary>The cached value, or what the factory makes, which is stored unless the entry was removed meanwhile.</summary>
    public static async Task<T> GetOrReplaceAsync<T>(
        this ISolidCache cache,
        string key,
        Func<CancellationToken, ValueTask<T>> factory,
        JsonTypeInfo<T> type,
        SolidCacheEntryOptions options,
        ILogger logger,
        CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            if (await cache.GetOrCreateAsync(key, factory, type, options, cancellationToken) is { } value)
            {
                return value;
            }
        }
        catch (JsonException error)
        {
            LogUnreadable(logger, error, typeof(T).Name);
        }

        await cache.RemoveAsync(key, cancellationToken);
        return await cache.GetOrCreateAsync(key, factory, type, options, cancellationToken);
    }

    /// <summary>The cached value, or null: all that a cache can do that knows nothing of who reads and who writes.</summary>
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
