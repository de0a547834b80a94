using System.Security.Claims;
using AuthService.Database;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace AuthService.Authentication;

internal static class PasswordEndpoint
{
    /// <summary>Changes the own password and ends all sessions of the user; access tokens that are out run to their end.</summary>
    public static async Task<Results<NoContent, ValidationProblem, ProblemHttpResult>> ChangeAsync(
        PasswordChange change,
        ClaimsPrincipal caller,
        HttpContext context,
        CredentialStore credentials,
        Passwords passwords,
        DemoPasswords demoPasswords,
        PasswordAttempts attempts,
        CancellationToken cancellationToken)
    {
        var network = ClientNetwork.Of(context);
        var found = await credentials.FindAsync(AccessTokens.UserOf(caller), network, cancellationToken);
        if (change.FindProblems(found.Email) is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        if (!attempts.MayTry("change password", found, network))
        {
            return TypedResults.Problem(
                statusCode: StatusCodes.Status429TooManyRequests, detail: "The current password was tried too often. Wait a minute.");
        }

        var isChanged = await ChangeAsync(found);
        // A sign-in may have replaced the hash meanwhile, for the same password.
        if (!isChanged && await credentials.FindAsync(found.UserId, network, cancellationToken) is var now && now.PasswordHash != found.PasswordHash)
        {
            isChanged = await ChangeAsync(now);
        }

        return isChanged
            ? TypedResults.NoContent()
            : TypedResults.ValidationProblem(new Dictionary<string, string[]> { ["currentPassword"] = ["The current password is wrong."] });

        async Task<bool> ChangeAsync(Credentials credential) =>
            passwords.Verify(credential.PasswordHash, change.CurrentPassword!) != PasswordVerificationResult.Failed
            && !demoPasswords.Refuse(credential.Email, credential.PasswordHash!)
            && await credentials.ChangePasswordAsync(credential, passwords.Hash(change.NewPassword!), cancellationToken);
    }
}
