using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Microsoft.IdentityModel.JsonWebTokens;

namespace AuthService.Authentication;

/// <summary>Met by the user whose id is in the route, and by everybody with the permission.</summary>
internal sealed class SelfOrPermission(string permission) : AuthorizationHandler<SelfOrPermission>, IAuthorizationRequirement
{
    private string Permission => permission;

    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, SelfOrPermission requirement)
    {
        if (context.User.HasClaim(Permissions.Claim, requirement.Permission) || IsSelf(context))
        {
            context.Succeed(requirement);
        }

        return Task.CompletedTask;
    }

    private static bool IsSelf(AuthorizationHandlerContext context) =>
        context.Resource is HttpContext http
        && long.TryParse(http.GetRouteValue("id") as string, CultureInfo.InvariantCulture, out var id)
        && context.User.HasClaim(JwtRegisteredClaimNames.Sub, id.ToString(CultureInfo.InvariantCulture));
}
