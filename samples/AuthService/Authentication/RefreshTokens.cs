using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace AuthService.Authentication;

/// <summary>
/// Refresh tokens: random, stored as hashes, each good for one refresh. Whoever uses one a second time has stolen it, or was stolen from: then the
/// session ends.
/// </summary>
internal sealed class RefreshTokens(SessionStore store)
{
    public static readonly TimeSpan Life = TimeSpan.FromDays(14);

    /// <summary>However often it is refreshed, whoever is in it has to show the password again.</summary>
    public static readonly TimeSpan LongestSession = TimeSpan.FromDays(90);

    private const int Bytes = 32;

    /// <returns>The first of a new session, and what its user may do; null when the password was changed meanwhile.</returns>
    public async Task<(string Token, string[] Permissions)?> IssueAsync(SessionStart session, CancellationToken cancellationToken)
    {
        var (token, hash) = New();
        return await store.OpenAsync(session, hash, cancellationToken) is { } permissions ? (token, permissions) : null;
    }

    /// <returns>The next token, and whose it is; null when the token is unknown, expired, used, or of a session that has ended.</returns>
    public async Task<(string Token, RenewedSession Session)?> RotateAsync(string token, CancellationToken cancellationToken)
    {
        var (next, hash) = New();
        return await store.RotateAsync(HashOf(token), hash, cancellationToken) is { } session ? (next, session) : null;
    }

    /// <summary>Ends the token's session.</summary>
    public Task EndAsync(string token) => store.EndAsync(HashOf(token));

    private static (string Token, byte[] Hash) New()
    {
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
        return (token, HashOf(token));
    }

    /// <summary>A token is as random as a key: it needs no slow hash.</summary>
    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
