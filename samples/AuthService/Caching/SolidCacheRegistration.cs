using AuthService.Roles;
using AuthService.Settings;

namespace AuthService.Caching;

/// <summary>Solid Cache, on the service's own database: profiles, roles, settings, and HybridCache's second level.</summary>
internal static class SolidCacheRegistration
{
    public static void AddSolidCache(this IServiceCollection services)
    {
        // A deployment never reads what another shape of it has cached.
        services.AddPostgresSolidCache(static options => options.KeyPrefix = $"auth-{CachedJson.Version}");
        services.AddHybridCache();
        services.AddSolidCacheWarmer<RoleWarmer>();
        services.AddSolidCacheWarmer<SettingWarmer>();
    }
}
