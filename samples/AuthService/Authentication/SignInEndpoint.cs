using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Authentication;

internal static class SignInEndpoint
{
    public static async Task<Results<Ok<TokenReply>, ValidationProblem, ProblemHttpResult>> SignInAsync(
        SignInRequest request,
        CredentialStore credentials,
        Passwords passwords,
        SignInAttempts attempts,
        Sessions sessions,
        CancellationToken cancellationToken)
    {
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        if (!attempts.MayTry(request.Email!))
        {
            return TypedResults.Problem(
                statusCode: StatusCodes.Status429TooManyRequests, detail: "Too many sign-ins with this email address were tried. Wait a minute.");
        }

        var found = await credentials.FindAsync(request.Email!, cancellationToken);
        return passwords.Match(found?.PasswordHash, request.Password!) && await sessions.OpenAsync(found!.UserId, cancellationToken) is { } reply
            ? TypedResults.Ok(reply)
            : TypedResults.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "The email address or the password is wrong.");
    }
}
