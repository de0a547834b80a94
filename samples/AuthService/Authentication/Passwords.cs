using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace AuthService.Authentication;

/// <summary>Hashes and compares passwords, with PBKDF2 and HMAC-SHA-512.</summary>
internal sealed class Passwords
{
    /// <summary>A little more than the 210,000 that OWASP's cheat sheet on password storage asks for with SHA-512.</summary>
    public const int RecommendedIterations = 220_000;

    /// <summary>The setting, for tests that have no time.</summary>
    public const string Iterations = "Passwords:Iterations";

    private static readonly object AnyUser = new();
    private readonly PasswordHasher<object> _hasher;
    private readonly string _hashOfNobody;

    public Passwords(IOptions<PasswordHasherOptions> options)
    {
        _hasher = new PasswordHasher<object>(options);
        _hashOfNobody = Hash(Guid.NewGuid().ToString());
    }

    public string Hash(string password) => _hasher.HashPassword(AnyUser, password);

    /// <summary>Takes as long for a user who is not there (no hash), so that the time tells nobody who is.</summary>
    /// <returns>Also whether a password that matches should be hashed anew, with the iterations of today.</returns>
    public PasswordVerificationResult Verify(string? hash, string password)
    {
        var result = _hasher.VerifyHashedPassword(AnyUser, hash ?? _hashOfNobody, password);
        return hash is null ? PasswordVerificationResult.Failed : result;
    }
}
