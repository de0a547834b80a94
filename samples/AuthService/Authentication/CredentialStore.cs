using Npgsql;

namespace AuthService.Authentication;

/// <summary>Reads credentials. They are never cached.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database)
{
    private const string ByEmail =
        """
        SELECT id, password_hash
        FROM auth.users
        WHERE lower(email) = lower($1)
        """;

    public async Task<Credentials?> FindAsync(string email, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(ByEmail);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = email });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? new Credentials(rows.GetInt64(0), rows.GetString(1)) : null;
    }
}
