using AuthService.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Authentication;

internal static class RegistrationEndpoint
{
    public static async Task<Results<Created<TokenReply>, ValidationProblem, ProblemHttpResult>> RegisterAsync(
        RegistrationRequest request, HttpContext context, CredentialStore credentials, Passwords passwords, Sessions sessions, CancellationToken cancellationToken)
    {
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        var hash = passwords.Hash(request.Password!);
        return await credentials.AddAsync(request, hash, cancellationToken) is { } id
            && await sessions.OpenAsync(new SessionStart(id, hash, ClientNetwork.Of(context)), cancellationToken) is { } reply
            ? TypedResults.Created(UserEndpoints.PathOf(id), reply)
            : TypedResults.Problem(statusCode: StatusCodes.Status409Conflict, detail: "The email address or the username is taken.");
    }
}
