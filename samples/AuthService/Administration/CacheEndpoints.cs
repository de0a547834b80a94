using AuthService.Authentication;
using Microsoft.Extensions.Options;
using SolidCache.Postgres;

namespace AuthService.Administration;

internal static class CacheEndpoints
{
    public static void AddCacheAdministration(this IServiceCollection services)
    {
        services.AddSingleton<RecentStatistics>();
        services.AddSingleton<CacheActivity>();
        services.AddHostedService(static provider => provider.GetRequiredService<CacheActivity>());
    }

    public static void MapCacheAdministration(this IEndpointRouteBuilder app)
    {
        app.MapGet("/metrics/solid-cache", ReadStatisticsAsync)
            .RequireAuthorization().WithTags("Administration").WithSummary("Counts the entries of the cache");
        app.MapGet("/admin/cache/live", ReadLiveAsync)
            .RequireAuthorization(Permissions.SystemAdmin).WithTags("Administration").WithSummary("Tells what the cache holds and what it did in the last two minutes");
        app.MapPost("/admin/cache/cleanup", CleanUpAsync)
            .RequireAuthorization(Permissions.SystemAdmin).WithTags("Administration").WithSummary("Removes expired entries now");
        app.MapEntries();
    }

    private static async Task<CacheStatisticsReply> ReadStatisticsAsync(ISolidCache cache, CancellationToken cancellationToken) =>
        CacheStatisticsReply.From(await cache.GetStatisticsAsync(cancellationToken));

    private static async Task<LiveReply> ReadLiveAsync(
        IOptions<PostgresSolidCacheOptions> cache, RecentStatistics statistics, CacheActivity activity, CancellationToken cancellationToken) =>
        LiveReply.From(cache.Value, await statistics.ReadAsync(cancellationToken), activity);

    private static async Task<CleanupReply> CleanUpAsync(ISolidCache cache, CancellationToken cancellationToken) =>
        new(await cache.RemoveExpiredAsync(cancellationToken));
}
