using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace AuthService.Authentication;

/// <summary>The secret that signs access tokens and proves them; long enough for HMAC-SHA-256.</summary>
internal sealed class SigningKey
{
    public const string Algorithm = SecurityAlgorithms.HmacSha256;
    private const int LeastBytes = 32;
    private const string WhatToDo = "Set Jwt__SigningKey to a secret of at least 32 bytes, the same for all instances of the service.";

    private SigningKey(byte[] secret, bool isRandom)
    {
        Secret = new SymmetricSecurityKey(secret);
        IsRandom = isRandom;
    }

    public SymmetricSecurityKey Secret { get; }

    /// <summary>Gets a value indicating whether tokens end with this process, and are none for another.</summary>
    public bool IsRandom { get; }

    /// <exception cref="SetupException">It is too short, or missing in production.</exception>
    public static SigningKey From(string? configured, IHostEnvironment environment)
    {
        if (string.IsNullOrWhiteSpace(configured))
        {
            return environment.IsDevelopment()
                ? new SigningKey(RandomNumberGenerator.GetBytes(LeastBytes), isRandom: true)
                : throw new SetupException($"There is no key to sign access tokens with. {WhatToDo}");
        }

        var secret = Encoding.UTF8.GetBytes(configured);
        return secret.Length >= LeastBytes
            ? new SigningKey(secret, isRandom: false)
            : throw new SetupException($"The key to sign access tokens with has {secret.Length} bytes. {WhatToDo}");
    }
}
