using AuthService.Users;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Authentication;

internal static class RegistrationEndpoint
{
    public static async Task<Results<Created<TokenReply>, ValidationProblem, ProblemHttpResult>> RegisterAsync(
        RegistrationRequest request, CredentialStore credentials, Passwords passwords, Sessions sessions, CancellationToken cancellationToken)
    {
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        return await credentials.AddAsync(request, passwords.Hash(request.Password!), cancellationToken) is { } id
            && await sessions.OpenAsync(id, cancellationToken) is { } reply
            ? TypedResults.Created(UserEndpoints.PathOf(id), reply)
            : TypedResults.Problem(statusCode: StatusCodes.Status409Conflict, detail: "The email address or the username is taken.");
    }
}
