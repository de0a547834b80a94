using AuthService.Database;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace AuthService.Authentication;

internal static class SignInEndpoint
{
    public static async Task<Results<Ok<TokenReply>, ValidationProblem, ProblemHttpResult>> SignInAsync(
        SignInRequest request,
        HttpContext context,
        CredentialStore credentials,
        Passwords passwords,
        DemoPasswords demoPasswords,
        PasswordAttempts attempts,
        Sessions sessions,
        CancellationToken cancellationToken)
    {
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        var network = ClientNetwork.Of(context);
        var found = await credentials.FindAsync(request.Email!, network, cancellationToken);
        if (!attempts.MayTry("sign in", found, network))
        {
            return TypedResults.Problem(
                statusCode: StatusCodes.Status429TooManyRequests, detail: "Too many sign-ins with this email address were tried. Wait a minute.");
        }

        var result = passwords.Verify(found.PasswordHash, request.Password!);
        if (result == PasswordVerificationResult.Failed
            || demoPasswords.Refuse(found.Email, found.PasswordHash!)
            || await sessions.OpenAsync(new SessionStart(found.UserId, found.PasswordHash!, network), cancellationToken) is not { } reply)
        {
            return TypedResults.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "The email address or the password is wrong.");
        }

        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            await credentials.ReplaceHashAsync(found, passwords.Hash(request.Password!), cancellationToken);
        }

        return TypedResults.Ok(reply);
    }
}
