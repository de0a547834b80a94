using AuthService.Authentication;
using Npgsql;

namespace AuthService.Database;

/// <summary>
/// Two users whose passwords everybody knows: never in production, unless <c>Seed:DemoUsers</c> asks for it. And as many whose passwords
/// nobody knows as <c>Seed:Crowd</c> asks for.
/// </summary>
internal static class DemoUsers
{
    private static readonly (string Email, string Password) Admin = ("admin@example.com", "Admin-demo-1");
    private static readonly (string Email, string Password) Alice = ("alice@example.com", "Alice-demo-1");

    /// <returns>The password that everybody knows; null for everybody else.</returns>
    public static string? PasswordOf(string email) => email == Admin.Email ? Admin.Password : email == Alice.Email ? Alice.Password : null;

    public static async Task SeedAsync(NpgsqlConnection connection, Passwords passwords, CancellationToken cancellationToken)
    {
        await using var script = SqlScript.Command("demo-users.sql", connection);
        script.Parameters.AddWithValue("admin_password_hash", passwords.Hash(Admin.Password));
        script.Parameters.AddWithValue("alice_password_hash", passwords.Hash(Alice.Password));
        await script.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The database may have been seeded before it went into production: gives them passwords that nobody knows, and ends their sessions.</summary>
    public static async Task LockOutAsync(CredentialStore credentials, Passwords passwords, DemoPasswords demoPasswords, CancellationToken cancellationToken)
    {
        foreach (var email in new[] { Admin.Email, Alice.Email })
        {
            var found = await credentials.FindAsync(email, network: "", cancellationToken);
            if (found.PasswordHash is { } hash && demoPasswords.Refuse(email, hash))
            {
                await credentials.ChangePasswordAsync(found, passwords.Hash(Guid.NewGuid().ToString()), cancellationToken);
            }
        }
    }

    public static async Task SeedCrowdAsync(NpgsqlDataSource database, Passwords passwords, int size, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var script = SqlScript.Command("demo-crowd.sql", connection);
        script.CommandTimeout = 0;
        script.Parameters.AddWithValue("size", size);
        script.Parameters.AddWithValue("password_hash", passwords.Hash(Guid.NewGuid().ToString()));
        await script.ExecuteNonQueryAsync(cancellationToken);
    }
}
