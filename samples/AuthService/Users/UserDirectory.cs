using System.Text.Json;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;

namespace AuthService.Users;

/// <summary>Users by way of the cache: reads look there first, updates clear what they made stale.</summary>
internal sealed class UserDirectory(UserStore store, IDistributedCache cache, ILogger<UserDirectory> logger)
{
    private static readonly DistributedCacheEntryOptions TenMinutes = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(10) };

    public async Task<UserDetail> GetUserDetailAsync(long id, bool useCache, CancellationToken cancellationToken)
    {
        if (!useCache)
        {
            return new UserDetail(await store.FindAsync(id, cancellationToken), CacheUse.Bypass);
        }

        if (await FindCachedAsync(id, cancellationToken) is { } cached)
        {
            return new UserDetail(cached, CacheUse.Hit);
        }

        var profile = await store.FindAsync(id, cancellationToken);
        if (profile is not null)
        {
            await cache.SetJsonAsync(Key(id), profile, UserProfileJson.Default.UserProfile, TenMinutes, cancellationToken);
        }

        return new UserDetail(profile, CacheUse.Miss);
    }

    /// <returns>The updated profile, or null when there is no such user.</returns>
    public async Task<UserProfile?> UpdateProfileAsync(long id, ProfileUpdate update, CancellationToken cancellationToken)
    {
        if (!await store.UpdateAsync(id, update, cancellationToken))
        {
            return null;
        }

        await InvalidateUserProfileCacheAsync(id);
        return await store.FindAsync(id, cancellationToken);
    }

    /// <summary>Takes no token: a client that hangs up after its update must not leave the old profile behind.</summary>
    public Task InvalidateUserProfileCacheAsync(long id) => cache.RemoveAsync(Key(id), CancellationToken.None);

    private static string Key(long id) => FormattableString.Invariant($"user_profile:{id}");

    private async Task<UserProfile?> FindCachedAsync(long id, CancellationToken cancellationToken)
    {
        try
        {
            return (await cache.TryGetJsonAsync(Key(id), UserProfileJson.Default.UserProfile, cancellationToken)).Value;
        }
        catch (JsonException error)
        {
            logger.LogWarning(error, "A cached profile could not be read and is replaced.");
            return null;
        }
    }
}
