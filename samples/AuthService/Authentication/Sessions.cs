using AuthService.Database;

namespace AuthService.Authentication;

/// <summary>Opens and renews what a client needs to be somebody: an access token and a refresh token.</summary>
internal sealed class Sessions(DemoPasswords demoPasswords, AccessTokens accessTokens, RefreshTokens refreshTokens)
{
    /// <returns>Null when there is no such user any more, or none with this password.</returns>
    public async Task<TokenReply?> OpenAsync(SessionStart session, CancellationToken cancellationToken) =>
        await refreshTokens.IssueAsync(session, cancellationToken) is var (token, permissions)
            ? Reply(session.UserId, permissions, token, (int)RefreshTokens.Life.TotalSeconds)
            : null;

    /// <returns>Null when the refresh token is good for nothing.</returns>
    public async Task<TokenReply?> RenewAsync(string refreshToken, CancellationToken cancellationToken)
    {
        if (await refreshTokens.RotateAsync(refreshToken, cancellationToken) is not var (next, session))
        {
            return null;
        }

        if (demoPasswords.Refuse(session.Email, session.PasswordHash))
        {
            await refreshTokens.EndAsync(refreshToken);
            return null;
        }

        return Reply(session.UserId, session.Permissions, next, session.Seconds);
    }

    private TokenReply Reply(long userId, string[] permissions, string refreshToken, int refreshSeconds)
    {
        var (accessToken, life) = accessTokens.Issue(userId, permissions);
        return new TokenReply(accessToken, (int)life.TotalSeconds, refreshToken, refreshSeconds);
    }
}
