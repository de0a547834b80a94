using AuthService.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Authentication;

internal static class SignInEndpoint
{
    public static void MapSignIn(this WebApplication app)
    {
        if (app.Services.GetRequiredService<SigningKey>().IsRandom)
        {
            app.Logger.LogInformation("Jwt:SigningKey is not set: tokens are signed with a random key and end with this process.");
        }

        app.MapPost("/auth/sign-in", SignInAsync).AllowAnonymous();
    }

    private static async Task<Results<Ok<SignInReply>, ValidationProblem, ProblemHttpResult>> SignInAsync(
        SignInRequest request,
        CredentialStore credentials,
        Passwords passwords,
        UserStore users,
        AccessTokens tokens,
        HttpResponse response,
        CancellationToken cancellationToken)
    {
        response.Headers.CacheControl = "no-store";
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        var found = await credentials.FindAsync(request.Email!, cancellationToken);
        // From the database, not from the cache: a permission taken away must not come back in a new token.
        return passwords.Match(found?.PasswordHash, request.Password!) && await users.FindAsync(found!.UserId, cancellationToken) is { } user
            ? TypedResults.Ok(tokens.Issue(user))
            : TypedResults.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "The email address or the password is wrong.");
    }
}
