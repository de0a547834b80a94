using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace AuthService.Authentication;

/// <summary>Access tokens: how they are issued, and which are believed.</summary>
internal static class AccessTokenRegistration
{
    public static void AddAccessTokens(this WebApplicationBuilder builder)
    {
        var key = SigningKey.From(builder.Configuration["Jwt:SigningKey"], builder.Environment);
        builder.Services.AddSingleton(key);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<AccessTokens>();
        builder.Services.AddSingleton<Passwords>();
        builder.Services.AddSingleton<CredentialStore>();
        builder.Services.AddSingleton<RefreshTokenStore>();
        builder.Services.AddSingleton<RefreshTokens>();
        builder.Services.AddSingleton<Sessions>();
        builder.Services.AddAuthentication().AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = Believe(key);
        });
    }

    /// <summary>Exactly what <see cref="AccessTokens"/> issues: no other algorithm, and least of all none.</summary>
    private static TokenValidationParameters Believe(SigningKey key) => new()
    {
        IssuerSigningKey = key.Secret,
        ValidAlgorithms = [SigningKey.Algorithm],
        ValidTypes = [AccessTokens.Type],
        ValidIssuer = AccessTokens.Issuer,
        ValidAudience = AccessTokens.Issuer,
        NameClaimType = JwtRegisteredClaimNames.Sub,
        ClockSkew = TimeSpan.FromSeconds(30),
    };
}
