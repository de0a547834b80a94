using System.Globalization;
using AuthService.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Users;

internal static class UserEndpoints
{
    public static void AddUsers(this IServiceCollection services)
    {
        services.AddSingleton<UserCaches>();
        services.AddSingleton<UserStore>();
        services.AddSingleton<UserListStore>();
        services.AddSingleton<UserDirectory>();
    }

    public static void MapUsers(this IEndpointRouteBuilder app)
    {
        var users = app.MapGroup("/users").WithTags("Users");
        users.MapGet("", UserListEndpoint.ListAsync).RequireAuthorization(Permissions.ReadUsers).WithSummary("Lists users, a page at a time");
        users.MapGet("/{id:long}", ReadAsync)
            .RequireAuthorization(PermissionPolicies.ReadUser)
            .WithSummary("Reads a profile, from the cache if it is there")
            .ProducesProblem(StatusCodes.Status404NotFound);
        users.MapPut("/{id:long}", UpdateAsync)
            .RequireAuthorization(PermissionPolicies.WriteUser)
            .WithSummary("Replaces display name and phone, and clears the user's caches")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    public static ProblemHttpResult NotFound(long id) =>
        TypedResults.Problem(statusCode: StatusCodes.Status404NotFound, detail: string.Create(CultureInfo.InvariantCulture, $"There is no user {id}."));

    public static string PathOf(long id) => string.Create(CultureInfo.InvariantCulture, $"/users/{id}");

    /// <summary>Tells in its headers where the profile came from and how long that took.</summary>
    private static async Task<Results<Ok<UserProfile>, ProblemHttpResult>> ReadAsync(
        long id, UserDirectory users, TimeProvider time, HttpResponse response, CancellationToken cancellationToken, bool useCache = true)
    {
        var started = time.GetTimestamp();
        var (profile, cache, permissionsCache) = await users.GetUserDetailAsync(id, useCache, cancellationToken);
        var milliseconds = time.GetElapsedTime(started).TotalMilliseconds;

        response.Headers.CacheControl = "no-store";
        response.Headers["X-Cache"] = HttpConventions.NameOf(cache);
        response.Headers["Server-Timing"] = string.Create(CultureInfo.InvariantCulture, $"profile;dur={milliseconds:F2}");
        if (permissionsCache is { } use)
        {
            response.Headers["X-Permissions-Cache"] = HttpConventions.NameOf(use);
        }

        return profile is null ? NotFound(id) : TypedResults.Ok(profile);
    }

    private static async Task<Results<Ok<UserProfile>, ValidationProblem, ProblemHttpResult>> UpdateAsync(
        long id, ProfileUpdate update, UserDirectory users, CancellationToken cancellationToken)
    {
        if (update.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        return await users.UpdateProfileAsync(id, update, cancellationToken) is { } profile ? TypedResults.Ok(profile) : NotFound(id);
    }
}
