using AuthService.Caching;
using SolidCache.Postgres;

namespace AuthService.Settings;

/// <summary>The settings by way of the cache: read all the time, changed rarely, so cached for an hour. A change removes them by itself: see <see cref="SettingTrigger"/>.</summary>
internal sealed class SettingDirectory(SettingStore store, ISolidCache cache, ILogger<SettingDirectory> logger)
{
    public const string Key = "settings";
    private static readonly SolidCacheEntryOptions OneHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };

    public async Task<(Setting[] Settings, bool FromCache)> ListAsync(CancellationToken cancellationToken)
    {
        var isFromCache = true;
        var settings = await cache.GetOrReplaceAsync(Key, ReadAsync, CachedJson.Default.SettingArray, OneHour, logger, cancellationToken);
        return (settings, isFromCache);

        async ValueTask<Setting[]> ReadAsync(CancellationToken token)
        {
            isFromCache = false;
            return await store.ListAsync(token);
        }
    }
}
