using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Identity;
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
        builder.Services.Configure<PasswordHasherOptions>(hasher =>
            hasher.IterationCount = builder.Configuration.GetValue(Passwords.Iterations, Passwords.RecommendedIterations));
        builder.Services.AddSingleton<Passwords>();
        builder.Services.AddSingleton<CredentialStore>();
        builder.Services.AddSingleton<SessionStore>();
        builder.Services.AddSingleton<RefreshTokens>();
        builder.Services.AddSingleton<Sessions>();
        builder.Services.AddHostedService<SessionCleanup>();
        builder.Services.AddAuthentication().AddJwtBearer(bearer =>
        {
            bearer.MapInboundClaims = false;
            bearer.TokenValidationParameters = Believe(key);
            bearer.Events = new JwtBearerEvents { OnTokenValidated = RefuseStrangersAsync };
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
        ClockSkew = TimeSpan.Zero,
    };

    /// <summary>Another program may have the key too: here a subject is the id of a user.</summary>
    private static Task RefuseStrangersAsync(TokenValidatedContext context)
    {
        if (!long.TryParse(context.Principal?.FindFirstValue(JwtRegisteredClaimNames.Sub), NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            context.Fail("The subject is no user's id.");
        }

        // Whoever names headers that must be understood means somebody else: RFC 7515, 4.1.11.
        if (context.SecurityToken is not JsonWebToken token || token.TryGetHeaderValue<object>("crit", out _))
        {
            context.Fail("The token's header names what this service does not understand.");
        }

        return Task.CompletedTask;
    }
}
