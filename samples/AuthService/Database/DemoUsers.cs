using AuthService.Authentication;
using Npgsql;

namespace AuthService.Database;

/// <summary>
/// Two users whose passwords everybody knows: never in production, unless <c>Seed:DemoUsers</c> asks for it. And as many whose passwords
/// nobody knows as <c>Seed:Crowd</c> asks for.
/// </summary>
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

    public static async Task SeedCrowdAsync(NpgsqlDataSource database, int size, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var script = SqlScript.Command("demo-crowd.sql", connection);
        script.CommandTimeout = 0;
        script.Parameters.AddWithValue("size", size);
        script.Parameters.AddWithValue("password_hash", new Passwords().Hash(Guid.NewGuid().ToString()));
        await script.ExecuteNonQueryAsync(cancellationToken);
    }
}
