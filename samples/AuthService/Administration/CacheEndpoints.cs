using AuthService.Authentication;
using SolidCache.Postgres;

namespace AuthService.Administration;

internal static class CacheEndpoints
{
    public static void MapCacheAdministration(this IEndpointRouteBuilder app)
    {
        app.MapGet("/metrics/solid-cache", ReadStatisticsAsync).RequireAuthorization();
        app.MapPost("/admin/cache/cleanup", CleanUpAsync).RequireAuthorization(Permissions.SystemAdmin);
    }

    private static async Task<CacheStatisticsReply> ReadStatisticsAsync(ISolidCache cache, CancellationToken cancellationToken) =>
        CacheStatisticsReply.From(await cache.GetStatisticsAsync(cancellationToken));

    private static async Task<CleanupReply> CleanUpAsync(ISolidCache cache, CancellationToken cancellationToken) =>
        new(await cache.RemoveExpiredAsync(cancellationToken));
}
