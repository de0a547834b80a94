namespace AuthService.Database;

/// <summary>Whether the demonstration's users may sign in: in Development, and where <c>Seed:DemoUsers</c> asks for them.</summary>
internal sealed class DemoPasswords(IConfiguration configuration, IHostEnvironment environment)
{
    /// <summary>Gets a value indicating whether an empty table of users gets them.</summary>
    public bool AreAllowed { get; } = configuration.GetValue("Seed:DemoUsers", environment.IsDevelopment());

    /// <summary>
    /// The lock-out at the start may still wait for the database while others are served already, and another instance, in Development, may seed the
    /// same database after it.
    /// </summary>
    public bool Refuse(string email, string password) => !AreAllowed && DemoUsers.Has(email, password);
}
