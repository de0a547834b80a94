using Microsoft.AspNetCore.Identity;

namespace AuthService.Authentication;

/// <summary>Hashes and compares passwords.</summary>
internal sealed class Passwords
{
    private static readonly object AnyUser = new();
    private readonly PasswordHasher<object> _hasher = new();
    private readonly string _hashOfNobody;

    public Passwords() => _hashOfNobody = Hash(Guid.NewGuid().ToString());

    public string Hash(string password) => _hasher.HashPassword(AnyUser, password);

    /// <summary>Takes as long for a user who is not there (no hash), so that the time tells nobody who is.</summary>
    public bool Match(string? hash, string password) =>
        _hasher.VerifyHashedPassword(AnyUser, hash ?? _hashOfNobody, password) != PasswordVerificationResult.Failed && hash is not null;
}
