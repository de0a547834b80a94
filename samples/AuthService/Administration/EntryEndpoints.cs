using AuthService.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using SolidCache.Postgres;

namespace AuthService.Administration;

/// <summary>Looks entries up and removes them. Keys are those that the application uses, and travel in the query: they may hold anything.</summary>
internal static class EntryEndpoints
{
    public static void MapEntries(this IEndpointRouteBuilder app)
    {
        var entries = app.MapGroup("/admin/cache").WithTags("Administration").RequireAuthorization(Permissions.SystemAdmin);
        entries.MapGet("/entry", FindAsync).WithSummary("Tells the size and the time to live of an entry").ProducesProblem(StatusCodes.Status404NotFound);
        entries.MapDelete("/entry", RemoveAsync).WithSummary("Removes an entry; one that is not there is removed already");
        entries.MapDelete("/entries", RemoveByPrefixAsync).WithSummary("Removes all entries whose keys start with a prefix");
    }

    /// <summary>Counts as a read: it extends a sliding expiration.</summary>
    private static async Task<Results<Ok<EntryReply>, ProblemHttpResult>> FindAsync(string key, ISolidCache cache, CancellationToken cancellationToken)
    {
        var size = new ByteCounter();
        return await cache.GetTimeToLiveAsync(key, cancellationToken) is { } timeToLive && await cache.TryGetAsync(key, size, cancellationToken)
            ? TypedResults.Ok(new EntryReply(key, size.Count, timeToLive == TimeSpan.MaxValue ? null : timeToLive.TotalSeconds))
            : TypedResults.Problem(statusCode: StatusCodes.Status404NotFound, detail: "There is no entry under this key.");
    }

    private static async Task<NoContent> RemoveAsync(string key, ISolidCache cache, CancellationToken cancellationToken)
    {
        await cache.RemoveAsync(key, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<RemovalReply>, ValidationProblem>> RemoveByPrefixAsync(
        string prefix, ISolidCache cache, CancellationToken cancellationToken, bool all = false) =>
        prefix.Length == 0 && !all
            ? TypedResults.ValidationProblem(new Dictionary<string, string[]> { ["prefix"] = ["An empty prefix is that of every key: add all=true if you mean it."] })
            : TypedResults.Ok(new RemovalReply(await cache.RemoveByPrefixAsync(prefix, cancellationToken)));
}
