using AuthService.Authentication;
using Microsoft.AspNetCore.Identity;

namespace AuthService.Database;

/// <summary>Whether the demonstration's users may sign in: in Development, and where <c>Seed:DemoUsers</c> asks for them.</summary>
internal sealed class DemoPasswords(Passwords passwords, IConfiguration configuration, IHostEnvironment environment)
{
    /// <summary>Gets a value indicating whether an empty table of users gets them.</summary>
    public bool AreAllowed { get; } = configuration.GetValue("Seed:DemoUsers", environment.IsDevelopment());

    /// <summary>
    /// Whether it is a user with a password that everybody knows, which must not be. The lock-out at the start may still wait for the database while others are
    /// served already, and another instance, in Development, may seed the same database after it, and open sessions there. By the hash, which whatever is
    /// taken for the password matches.
    /// </summary>
    public bool Refuse(string email, string passwordHash) =>
        !AreAllowed && DemoUsers.PasswordOf(email) is { } known && passwords.Verify(passwordHash, known) != PasswordVerificationResult.Failed;
}
