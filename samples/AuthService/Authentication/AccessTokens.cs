using System.Globalization;
using System.Security.Claims;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AuthService.Authentication;

/// <summary>Issues access tokens. They carry the permissions, so that a permission taken away is gone once the token expires.</summary>
internal sealed class AccessTokens(SigningKey key, TimeProvider time)
{
    /// <summary>Both the issuer and the audience: the service hands out tokens for itself.</summary>
    public const string Issuer = "auth-service";
    public const string Type = "at+jwt";
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(15);

    /// <summary>Another instance, whose clock is behind, believes a token at once, and none is believed after its end.</summary>
    private static readonly TimeSpan SlowestClock = TimeSpan.FromSeconds(30);
    private readonly SigningCredentials _credentials = new(key.Secret, SigningKey.Algorithm);

    /// <summary>Of a token that was believed.</summary>
    public static long UserOf(ClaimsPrincipal caller) => long.Parse(caller.FindFirstValue(JwtRegisteredClaimNames.Sub)!, CultureInfo.InvariantCulture);

    public (string Token, TimeSpan Life) Issue(long userId, string[] permissions)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,
            TokenType = Type,
            IssuedAt = now,
            NotBefore = now - SlowestClock,
            Expires = now + Life,
            SigningCredentials = _credentials,
            Claims = new Dictionary<string, object>
            {
                [JwtRegisteredClaimNames.Sub] = userId.ToString(CultureInfo.InvariantCulture),
                [Permissions.Claim] = permissions,
            },
        });
        return (token, Life);
    }
}
