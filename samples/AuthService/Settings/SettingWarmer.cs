using SolidCache.Postgres;

namespace AuthService.Settings;

/// <summary>Caches the settings when the service starts.</summary>
internal sealed class SettingWarmer(SettingDirectory settings) : ISolidCacheWarmer
{
    public Task WarmAsync(CancellationToken cancellationToken) => settings.ListAsync(cancellationToken);
}
