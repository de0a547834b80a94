using AuthService.Authentication;
using Microsoft.Extensions.Caching.Hybrid;

namespace AuthService.Statistics;

/// <summary>
/// A heavy query behind three tiers: this process' memory for ten seconds, Solid Cache for five minutes, then the database. Of callers that miss
/// at once, HybridCache lets one count.
/// </summary>
internal static class StatisticsEndpoint
{
    private const string Key = "user_statistics";

    private static readonly HybridCacheEntryOptions Lives = new()
    {
        LocalCacheExpiration = TimeSpan.FromSeconds(10),
        Expiration = TimeSpan.FromMinutes(5),
    };

    public static void AddStatistics(this IServiceCollection services) => services.AddSingleton<UserStatisticsStore>();

    public static void MapStatistics(this IEndpointRouteBuilder app) =>
        app.MapGet("/statistics/users", ReadAsync)
            .RequireAuthorization(Permissions.ReadUsers)
            .WithTags("Statistics")
            .WithSummary("Counts users, at most five minutes ago");

    private static async Task<UserStatistics> ReadAsync(HybridCache cache, UserStatisticsStore store, CancellationToken cancellationToken) =>
        await cache.GetOrCreateAsync(
            Key, store, static async (store, token) => await store.CountAsync(token), Lives, cancellationToken: cancellationToken);
}
