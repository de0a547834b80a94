using AuthService.Caching;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;

namespace AuthService.Users;

/// <summary>
/// Users by way of two caches: whole profiles in Solid Cache for ten minutes (<c>Profiles:Lifetime</c>), and permissions, which a profile is
/// made of, in Redis for five. Reads look there first, changes clear what they made stale.
/// </summary>
internal sealed class UserDirectory(
    UserStore store, IDistributedCache profiles, PermissionCache permissions, IConfiguration configuration, ILogger<UserDirectory> logger)
{
    private readonly DistributedCacheEntryOptions _lifetime = new()
    {
        AbsoluteExpirationRelativeToNow = configuration.GetValue("Profiles:Lifetime", TimeSpan.FromMinutes(10)),
    };

    public async Task<UserDetail> GetUserDetailAsync(long id, bool useCache, CancellationToken cancellationToken)
    {
        if (!useCache)
        {
            return new UserDetail(await ReadAsync(id, cancellationToken), CacheUse.Bypass, CacheUse.Bypass);
        }

        if (await profiles.FindAsync(Key(id), CachedJson.Default.UserProfile, logger, cancellationToken) is { } cached)
        {
            return new UserDetail(cached, CacheUse.Hit, PermissionsCache: null);
        }

        if (await store.FindAsync(id, cancellationToken) is not { } user)
        {
            return new UserDetail(null, CacheUse.Miss, PermissionsCache: null);
        }

        var (granted, use) = await GetPermissionsAsync(id, user.Version, cancellationToken);
        var profile = user.Profile with { Permissions = granted };
        await StoreAsync(profile, user.Version, cancellationToken);
        return new UserDetail(profile, CacheUse.Miss, use);
    }

    /// <summary>Past the caches, for what decides over access.</summary>
    public async Task<UserProfile?> ReadAsync(long id, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } user
            ? user.Profile with { Permissions = await store.FindPermissionsAsync(id, cancellationToken) }
            : null;

    /// <returns>The updated profile, or null when there is no such user.</returns>
    public async Task<UserProfile?> UpdateProfileAsync(long id, ProfileUpdate update, CancellationToken cancellationToken)
    {
        if (!await store.UpdateAsync(id, update, cancellationToken))
        {
            return null;
        }

        await InvalidateAllUserCachesAsync(id);
        return await ReadAsync(id, cancellationToken);
    }

    /// <summary>Takes no token: a client that hangs up after its update must not leave the old profile behind.</summary>
    public Task InvalidateUserProfileCacheAsync(long id) => profiles.RemoveAsync(Key(id), CancellationToken.None);

    /// <summary>
    /// Both caches: the profile, and the permissions. Call it once the change is committed, which has raised the user's version: the entry
    /// of the version before is removed, and would not be read any more if Redis were away.
    /// </summary>
    public async Task InvalidateAllUserCachesAsync(long id)
    {
        await InvalidateUserProfileCacheAsync(id);
        if (await store.FindVersionAsync(id, CancellationToken.None) is { } version)
        {
            await permissions.RemoveAsync(id, version - 1);
        }
    }

    private static string Key(long id) => FormattableString.Invariant($"user_profile:{id}");

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

    /// <summary>
    /// An update may have been committed, and have removed the entry, between this read and this set. Its version tells: the update commits
    /// before it removes, so whoever sets too late sees the new version.
    /// </summary>
    private async Task StoreAsync(UserProfile profile, long version, CancellationToken cancellationToken)
    {
        await profiles.SetJsonAsync(Key(profile.Id), profile, CachedJson.Default.UserProfile, _lifetime, cancellationToken);
        if (await store.FindVersionAsync(profile.Id, CancellationToken.None) != version)
        {
            await InvalidateUserProfileCacheAsync(profile.Id);
        }
    }
}
