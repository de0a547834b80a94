using System.Globalization;
using System.Security.Claims;
using AuthService.Users;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.JsonWebTokens;

namespace AuthService.Authentication;

internal static class PasswordEndpoint
{
    /// <summary>Changes the own password and ends all sessions of the user; access tokens that are out run to their end.</summary>
    public static async Task<Results<NoContent, ValidationProblem, ProblemHttpResult>> ChangeAsync(
        PasswordChange change,
        ClaimsPrincipal caller,
        CredentialStore credentials,
        Passwords passwords,
        UserDirectory users,
        CancellationToken cancellationToken)
    {
        if (change.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        var id = long.Parse(caller.FindFirstValue(JwtRegisteredClaimNames.Sub)!, CultureInfo.InvariantCulture);
        var found = await credentials.FindAsync(id, cancellationToken);
        if (!passwords.Match(found?.PasswordHash, change.CurrentPassword!))
        {
            return TypedResults.ValidationProblem(new Dictionary<string, string[]> { ["currentPassword"] = ["The current password is wrong."] });
        }

        await credentials.ChangePasswordAsync(id, passwords.Hash(change.NewPassword!), cancellationToken);
        await users.InvalidateAllUserCachesAsync(id);
        return TypedResults.NoContent();
    }
}
