using AuthService.Caching;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;

namespace AuthService.Roles;

/// <summary>The list of roles, which nobody changes while the service runs: cached for a day.</summary>
internal sealed class RoleDirectory(RoleStore store, IDistributedCache cache, ILogger<RoleDirectory> logger)
{
    private const string Key = "roles";
    private static readonly DistributedCacheEntryOptions OneDay = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromDays(1) };

    public async Task<(Role[] Roles, bool FromCache)> ListAsync(CancellationToken cancellationToken) =>
        await cache.FindAsync(Key, CachedJson.Default.RoleArray, logger, cancellationToken) is { } cached
            ? (cached, true)
            : (await LoadAsync(cancellationToken), false);

    /// <summary>Reads the list anew and caches it.</summary>
    public async Task<Role[]> LoadAsync(CancellationToken cancellationToken)
    {
        var roles = await store.ListAsync(cancellationToken);
        await cache.SetJsonAsync(Key, roles, CachedJson.Default.RoleArray, OneDay, cancellationToken);
        return roles;
    }
}
