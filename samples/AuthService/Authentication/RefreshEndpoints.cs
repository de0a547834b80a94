using Microsoft.AspNetCore.Http.HttpResults;

namespace AuthService.Authentication;

internal static class RefreshEndpoints
{
    public static async Task<Results<Ok<TokenReply>, ValidationProblem, ProblemHttpResult>> RefreshAsync(
        RefreshRequest request, Sessions sessions, CancellationToken cancellationToken)
    {
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        return await sessions.RenewAsync(request.RefreshToken!, cancellationToken) is { } reply
            ? TypedResults.Ok(reply)
            : TypedResults.Problem(statusCode: StatusCodes.Status401Unauthorized, detail: "The refresh token is not valid any more. Sign in again.");
    }

    /// <summary>Ends the session that a refresh token belongs to; an unknown token is signed out already.</summary>
    public static async Task<Results<NoContent, ValidationProblem>> SignOutAsync(RefreshRequest request, RefreshTokens tokens)
    {
        if (request.FindProblems() is { Count: > 0 } problems)
        {
            return TypedResults.ValidationProblem(problems);
        }

        await tokens.EndAsync(request.RefreshToken!);
        return TypedResults.NoContent();
    }
}
