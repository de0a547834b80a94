using SolidCache.Postgres;

namespace AuthService.Roles;

/// <summary>Caches the list of roles when the service starts. A deployment may have brought another list, so it is read anew.</summary>
internal sealed class RoleWarmer(RoleDirectory roles) : ISolidCacheWarmer
{
    public Task WarmAsync(CancellationToken cancellationToken) => roles.RenewAsync(cancellationToken);
}
