using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;
using StackExchange.Redis;

namespace AuthService.Caching;

/// <summary>
/// Users' permissions in Redis, for five minutes. An entry's key holds the version of its user, which every change raises: what a removal
/// could not reach, because Redis was away, is never read again.
/// </summary>
internal sealed partial class PermissionCache(
    [FromKeyedServices(PermissionCache.ServiceKey)] IDistributedCache redis, TimeProvider time, ILogger<PermissionCache> logger)
{
    public const string ServiceKey = "permissions";
    private static readonly DistributedCacheEntryOptions FiveMinutes = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(5) };
    private static readonly TimeSpan BetweenComplaints = TimeSpan.FromSeconds(10);
    private long _complainedAt = long.MinValue;

    /// <returns>Null when they are not there, or Redis is not.</returns>
    public async Task<string[]?> FindAsync(long userId, long version, CancellationToken cancellationToken)
    {
        string[]? found = null;
        await TryAsync(async () => found = await redis.FindAsync(Key(userId, version), CachedJson.Default.StringArray, logger, cancellationToken));
        return found;
    }

    public Task StoreAsync(long userId, long version, string[] permissions, CancellationToken cancellationToken) =>
        TryAsync(() => redis.SetJsonAsync(Key(userId, version), permissions, CachedJson.Default.StringArray, FiveMinutes, cancellationToken));

    public Task RemoveAsync(long userId, long version) => TryAsync(() => redis.RemoveAsync(Key(userId, version), CancellationToken.None));

    private static string Key(long userId, long version) => FormattableString.Invariant($"user_permissions:{userId}:{version}");

    /// <summary>The service goes on without Redis; the log says so now and then.</summary>
    private async Task TryAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (error is RedisException or TimeoutException or JsonException or ObjectDisposedException)
        {
            if (_complainedAt == long.MinValue || time.GetElapsedTime(_complainedAt) > BetweenComplaints)
            {
                _complainedAt = time.GetTimestamp();
                LogAway(logger, error.GetType().Name);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not answer ({Error}): permissions are read from the database.")]
    private static partial void LogAway(ILogger logger, string error);
}
