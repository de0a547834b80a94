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

        var reply = await OpenAsync(found);
        // Another sign-in may have replaced the hash meanwhile, for the same password.
        if (reply is null && await credentials.FindAsync(request.Email!, network, cancellationToken) is var now && now.PasswordHash != found.PasswordHash)
        {
            reply = await OpenAsync(now);
        }

        return reply is null
            ? TypedResults.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "The email address or the password is wrong.")
            : TypedResults.Ok(reply);

        async Task<TokenReply?> OpenAsync(Credentials credential)
        {
            var result = passwords.Verify(credential.PasswordHash, request.Password!);
            var opened = result == PasswordVerificationResult.Failed || demoPasswords.Refuse(credential.Email, credential.PasswordHash!)
                ? null
                : await sessions.OpenAsync(new SessionStart(credential.UserId, credential.PasswordHash!, network), cancellationToken);
            if (opened is not null && result == PasswordVerificationResult.SuccessRehashNeeded)
            {
                await credentials.ReplaceHashAsync(credential, passwords.Hash(request.Password!), cancellationToken);
            }

            return opened;
        }
    }
}
