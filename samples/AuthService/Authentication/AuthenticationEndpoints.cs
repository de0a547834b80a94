namespace AuthService.Authentication;

internal static class AuthenticationEndpoints
{
    public const string Path = "/auth";

    public static void MapAuthentication(this WebApplication app)
    {
        if (app.Services.GetRequiredService<SigningKey>().IsRandom)
        {
            app.Logger.LogInformation("Jwt:SigningKey is not set: tokens are signed with a random key and end with this process.");
        }

        var auth = app.MapGroup(Path).WithTags("Authentication").RequireRateLimiting(RateLimits.Credentials);
        auth.MapPost("/register", RegistrationEndpoint.RegisterAsync)
            .AllowAnonymous().WithSummary("Registers a user with the role 'member', and signs it in")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status429TooManyRequests);
        auth.MapPost("/sign-in", SignInEndpoint.SignInAsync)
            .AllowAnonymous().WithSummary("Gives an access token and a refresh token for an email address and a password")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status429TooManyRequests);
        auth.MapPost("/refresh", RefreshEndpoints.RefreshAsync)
            .AllowAnonymous().WithSummary("Gives new tokens for a refresh token, which is spent by it")
            .ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status429TooManyRequests);
        auth.MapPost("/sign-out", RefreshEndpoints.SignOutAsync)
            .AllowAnonymous().WithSummary("Ends the session that a refresh token belongs to");
        auth.MapPost("/change-password", PasswordEndpoint.ChangeAsync)
            .RequireAuthorization().WithSummary("Changes the own password and ends all sessions")
            .ProducesProblem(StatusCodes.Status429TooManyRequests);
    }
}
