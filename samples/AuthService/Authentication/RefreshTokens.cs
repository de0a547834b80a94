using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AuthService.Authentication;

/// <summary>
/// Refresh tokens: random, stored as hashes, each good for one refresh. Whoever uses one a second time has stolen it, or was stolen from: then the
/// whole family ends.
/// </summary>
internal sealed class RefreshTokens(RefreshTokenStore store)
{
    public static readonly TimeSpan Life = TimeSpan.FromDays(14);
    private const int Bytes = 32;

    /// <summary>The first of a new family.</summary>
    public async Task<string> IssueAsync(long userId, CancellationToken cancellationToken)
    {
        var (token, hash) = New();
        await store.AddAsync(hash, Guid.NewGuid(), userId, Life, cancellationToken);
        return token;
    }

    /// <returns>The user and the next token; null when the token is unknown, expired, used or revoked.</returns>
    public async Task<(long UserId, string Token)?> RotateAsync(string token, CancellationToken cancellationToken)
    {
        var (next, hash) = New();
        return await store.RotateAsync(HashOf(token), hash, Life, cancellationToken) is { } userId ? (userId, next) : null;
    }

    /// <summary>Ends the token's family.</summary>
    public Task RevokeAsync(string token) => store.RevokeFamilyAsync(HashOf(token));

    private static (string Token, byte[] Hash) New()
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        return (token, HashOf(token));
    }

    /// <summary>A token is as random as a key: it needs no slow hash.</summary>
    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
