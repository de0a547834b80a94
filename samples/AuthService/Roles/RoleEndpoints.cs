using System.Security.Claims;
using AuthService.Authentication;
using AuthService.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Roles;

internal static class RoleEndpoints
{
    public static void AddRoles(this IServiceCollection services)
    {
        services.AddSingleton<RoleStore>();
        services.AddSingleton<RoleDirectory>();
    }

    public static void MapRoles(this IEndpointRouteBuilder app)
    {
        var roles = app.MapGroup("").WithTags("Roles");
        roles.MapGet("/roles", ListAsync).RequireAuthorization().WithSummary("Lists the roles and what they permit");
        roles.MapPut("/users/{id:long}/roles", AssignAsync)
            .RequireAuthorization(Permissions.SystemAdmin)
            .WithSummary("Replaces the roles of a user and clears both of its caches")
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict);
    }

    private static async Task<Ok<Role[]>> ListAsync(RoleDirectory directory, HttpResponse response, CancellationToken cancellationToken)
    {
        var (roles, fromCache) = await directory.ListAsync(cancellationToken);
        response.Headers["X-Cache"] = HttpConventions.NameOf(fromCache ? CacheUse.Hit : CacheUse.Miss);
        return TypedResults.Ok(roles);
    }

    private static async Task<Results<Ok<UserProfile>, ValidationProblem, ProblemHttpResult>> AssignAsync(
        long id, RoleAssignment assignment, ClaimsPrincipal caller, RoleStore store, UserDirectory users, CancellationToken cancellationToken)
    {
        if (assignment.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        switch (await store.AssignAsync(AccessTokens.UserOf(caller), id, assignment.Roles!, cancellationToken))
        {
            case AssignmentResult.NotAllowed:
                return TypedResults.Problem(statusCode: StatusCodes.Status403Forbidden, detail: "You are no administrator any more.");
            case AssignmentResult.UnknownUser:
                return UserEndpoints.NotFound(id);
            case AssignmentResult.UnknownRole:
                return TypedResults.ValidationProblem(new Dictionary<string, string[]> { ["roles"] = ["There is no role of one of these names; GET /roles lists them."] });
            case AssignmentResult.LastAdministrator:
                return TypedResults.Problem(
                    statusCode: StatusCodes.Status409Conflict, detail: "The last administrator keeps the role. Give it to somebody else first.");
            default:
                return await users.ReadAsync(id, cancellationToken) is { } profile ? TypedResults.Ok(profile) : UserEndpoints.NotFound(id);
        }
    }
}
