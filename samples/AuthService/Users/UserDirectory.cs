using AuthService.Caching;
using SolidCache.Postgres;

namespace AuthService.Users;

/// <summary>
/// Users by way of two caches: whole profiles in Solid Cache for ten minutes (<c>Profiles:Lifetime</c>), and permissions, which a profile is
/// made of, in Redis for five. Whoever changes a user clears them: see <see cref="UserCaches"/>.
/// </summary>
internal sealed class UserDirectory(
    UserStore store, ISolidCache cache, PermissionCache permissions, IConfiguration configuration, ILogger<UserDirectory> logger)
{
    private readonly SolidCacheEntryOptions _lifetime = new()
    {
        AbsoluteExpirationRelativeToNow = configuration.GetValue("Profiles:Lifetime", TimeSpan.FromMinutes(10)),
    };

    /// <summary>Of callers who miss at once, one reads, on whichever node, and only his answer says so.</summary>
    public async Task<UserDetail> GetUserDetailAsync(long id, bool useCache, CancellationToken cancellationToken)
    {
        if (!useCache)
        {
            return new UserDetail(await ReadAsync(id, cancellationToken), CacheUse.Bypass, CacheUse.Bypass);
        }

        var (use, permissionsUse) = (CacheUse.Hit, (CacheUse?)null);
        try
        {
            var profile = await cache.GetOrReplaceAsync(UserCaches.ProfileKey(id), MakeAsync, CachedJson.Default.UserProfile, _lifetime, logger, cancellationToken);
            return new UserDetail(profile, use, permissionsUse);
        }
        catch (UnknownUserException)
        {
            return new UserDetail(null, CacheUse.Miss, PermissionsCache: null);
        }

        async ValueTask<UserProfile> MakeAsync(CancellationToken token)
        {
            use = CacheUse.Miss;
            var user = await store.FindAsync(id, token) ?? throw new UnknownUserException($"There is no user {id}.");
            (var granted, permissionsUse) = await GetPermissionsAsync(id, user.Version, token);
            return user.Profile with { Permissions = granted };
        }
    }

    /// <summary>Past the caches, for what decides over access.</summary>
    public async Task<UserProfile?> ReadAsync(long id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } user
            ? user.Profile with { Permissions = await store.FindPermissionsAsync(id, cancellationToken) }
            : null;

    /// <returns>The updated profile, or null when there is no such user.</returns>
    public async Task<UserProfile?> UpdateProfileAsync(long id, ProfileUpdate update, CancellationToken cancellationToken) =>
        await store.UpdateAsync(id, update, cancellationToken) ? await ReadAsync(id, cancellationToken) : null;

    private async Task<(string[] Permissions, CacheUse Use)> GetPermissionsAsync(long id, long version, CancellationToken cancellationToken)
    {
        if (await permissions.FindAsync(id, version, cancellationToken) is { } cached)
        {
            return (cached, CacheUse.Hit);
        }

        var read = await store.FindPermissionsAsync(id, cancellationToken);
        await permissions.StoreAsync(id, version, read, cancellationToken);
        return (read, CacheUse.Miss);
    }
}
