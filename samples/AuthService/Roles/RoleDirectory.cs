using AuthService.Caching;
using SolidCache.Postgres;

namespace AuthService.Roles;

/// <summary>The list of roles, which nobody changes while the service runs: cached for a day.</summary>
internal sealed class RoleDirectory(RoleStore store, ISolidCache cache, ILogger<RoleDirectory> logger)
{
    private const string Key = "roles";
    private static readonly SolidCacheEntryOptions OneDay = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    public async Task<(Role[] Roles, bool FromCache)> ListAsync(CancellationToken cancellationToken)
    {
        var isFromCache = true;
        var roles = await cache.GetOrReplaceAsync(Key, ReadAsync, CachedJson.Default.RoleArray, OneDay, logger, cancellationToken);
        return (roles, isFromCache);

        async ValueTask<Role[]> ReadAsync(CancellationToken token)
        {
            isFromCache = false;
            return await store.ListAsync(token);
        }
    }

    /// <summary>Reads the list anew and caches it.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        await cache.RemoveAsync(Key, cancellationToken);
        await ListAsync(cancellationToken);
    }
}
