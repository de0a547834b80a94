using AuthService.Users;

namespace AuthService.Authentication;

/// <summary>Opens and renews what a client needs to be somebody: an access token and a refresh token.</summary>
internal sealed class Sessions(UserDirectory users, AccessTokens accessTokens, RefreshTokens refreshTokens)
{
    /// <returns>Null when there is no such user any more, or none with this password.</returns>
    public async Task<TokenReply?> OpenAsync(SessionStart session, CancellationToken cancellationToken) =>
        // From the database, not from the cache: a permission taken away must not come back in a new token.
        await users.ReadAsync(session.UserId, cancellationToken) is { } user
            && await refreshTokens.IssueAsync(session, cancellationToken) is { } refreshToken
            ? Reply(user, refreshToken, (int)RefreshTokens.Life.TotalSeconds)
            : null;

    /// <returns>Null when the refresh token is good for nothing.</returns>
    public async Task<TokenReply?> RenewAsync(string refreshToken, CancellationToken cancellationToken) =>
        await refreshTokens.RotateAsync(refreshToken, cancellationToken) is var (userId, next, seconds)
            && await users.ReadAsync(userId, cancellationToken) is { } user
            ? Reply(user, next, seconds)
            : null;

    private TokenReply Reply(UserProfile user, string refreshToken, int refreshSeconds)
    {
        var (accessToken, life) = accessTokens.Issue(user);
        return new TokenReply(accessToken, (int)life.TotalSeconds, refreshToken, refreshSeconds);
    }
}
