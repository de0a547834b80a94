using AuthService.Caching;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres;

namespace AuthService.Settings;

/// <summary>The settings by way of the cache: read all the time, changed rarely, so cached for an hour and removed by a change.</summary>
internal sealed class SettingDirectory(SettingStore store, IDistributedCache cache, ILogger<SettingDirectory> logger)
{
    private const string Key = "settings";
    private static readonly DistributedCacheEntryOptions OneHour = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };

    public async Task<(Setting[] Settings, bool FromCache)> ListAsync(CancellationToken cancellationToken) =>
        await cache.FindAsync(Key, CachedJson.Default.SettingArray, logger, cancellationToken) is { } cached
            ? (cached, true)
            : (await LoadAsync(cancellationToken), false);

    /// <summary>Reads the settings anew and caches them.</summary>
    public async Task<Setting[]> LoadAsync(CancellationToken cancellationToken)
    {
        var settings = await store.ListAsync(cancellationToken);
        await cache.SetJsonAsync(Key, settings, CachedJson.Default.SettingArray, OneHour, cancellationToken);
        return settings;
    }

    /// <returns>Whether there is such a setting.</returns>
    public async Task<bool> UpdateAsync(string name, string value, CancellationToken cancellationToken)
    {
        if (!await store.UpdateAsync(name, value, cancellationToken))
        {
            return false;
        }

        await cache.RemoveAsync(Key, CancellationToken.None);
        return true;
    }
}
