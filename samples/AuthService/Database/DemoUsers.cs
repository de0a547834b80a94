using AuthService.Authentication;
using Npgsql;

namespace AuthService.Database;

/// <summary>Two users whose passwords everybody knows: never in production, unless <c>Seed:DemoUsers</c> asks for it.</summary>
internal static class DemoUsers
{
    public static async Task SeedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var passwords = new Passwords();
        await using var script = SqlScript.Command("demo-users.sql", connection);
        script.Parameters.AddWithValue("admin_password_hash", passwords.Hash("Admin-demo-1"));
        script.Parameters.AddWithValue("alice_password_hash", passwords.Hash("Alice-demo-1"));
        await script.ExecuteNonQueryAsync(cancellationToken);
    }
}
