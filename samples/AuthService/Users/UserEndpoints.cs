using System.Globalization;
using AuthService.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Users;

internal static class UserEndpoints
{
    public static void AddUsers(this IServiceCollection services)
    {
        services.AddSingleton<UserStore>();
        services.AddSingleton<UserDirectory>();
    }

    public static void MapUsers(this IEndpointRouteBuilder app)
    {
        app.MapGet("/users/{id:long}", ReadAsync).RequireAuthorization(PermissionPolicies.ReadUser);
        app.MapPut("/users/{id:long}", UpdateAsync).RequireAuthorization(PermissionPolicies.WriteUser);
    }

    /// <summary>Tells in its headers where the profile came from and how long that took.</summary>
    private static async Task<Results<Ok<UserProfile>, ProblemHttpResult>> ReadAsync(
        long id, UserDirectory users, TimeProvider time, HttpResponse response, CancellationToken cancellationToken, bool useCache = true)
    {
        var started = time.GetTimestamp();
        var (profile, cache) = await users.GetUserDetailAsync(id, useCache, cancellationToken);
        var milliseconds = time.GetElapsedTime(started).TotalMilliseconds;

        response.Headers.CacheControl = "no-store";
        response.Headers["X-Cache"] = NameOf(cache);
        response.Headers["Server-Timing"] = string.Create(CultureInfo.InvariantCulture, $"profile;dur={milliseconds:F2}");
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

    private static string NameOf(CacheUse cache) => cache switch
    {
        CacheUse.Hit => "hit",
        CacheUse.Miss => "miss",
        _ => "bypass",
    };

    private static ProblemHttpResult NotFound(long id) =>
        TypedResults.Problem(statusCode: StatusCodes.Status404NotFound, detail: string.Create(CultureInfo.InvariantCulture, $"There is no user {id}."));
}
