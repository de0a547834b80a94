using AuthService.Roles;
using AuthService.Settings;

namespace AuthService.Caching;

/// <summary>Solid Cache, on the service's own database: profiles, roles, settings, and HybridCache's second level.</summary>
internal static class SolidCacheRegistration
{
    /// <summary>A deployment never reads what another shape of it has cached.</summary>
    public static string KeyPrefix { get; } = $"auth-{CachedJson.Version}";

    public static void AddSolidCache(this IServiceCollection services)
    {
        services.AddPostgresSolidCache(static options => options.KeyPrefix = KeyPrefix);
        services.AddHybridCache();
        services.AddSolidCacheWarmer<RoleWarmer>();
        services.AddSolidCacheWarmer<SettingWarmer>();
    }
}
