using AuthService.Users;

namespace AuthService.Authentication;

/// <summary>Opens and renews what a client needs to be somebody: an access token and a refresh token.</summary>
internal sealed class Sessions(UserDirectory users, AccessTokens accessTokens, RefreshTokens refreshTokens)
{
    /// <returns>Null when there is no such user any more.</returns>
    public async Task<TokenReply?> OpenAsync(long userId, CancellationToken cancellationToken) =>
        // From the database, not from the cache: a permission taken away must not come back in a new token.
        await users.ReadAsync(userId, cancellationToken) is { } user
            ? Reply(user, await refreshTokens.IssueAsync(userId, cancellationToken))
            : null;

    /// <returns>Null when the refresh token is good for nothing.</returns>
    public async Task<TokenReply?> RenewAsync(string refreshToken, CancellationToken cancellationToken) =>
        await refreshTokens.RotateAsync(refreshToken, cancellationToken) is var (userId, next)
            && await users.ReadAsync(userId, cancellationToken) is { } user
            ? Reply(user, next)
            : null;

    private TokenReply Reply(UserProfile user, string refreshToken)
    {
        var (accessToken, life) = accessTokens.Issue(user);
        return new TokenReply(accessToken, (int)life.TotalSeconds, refreshToken, (int)RefreshTokens.Life.TotalSeconds);
    }
}
