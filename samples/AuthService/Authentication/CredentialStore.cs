using Npgsql;

namespace AuthService.Authentication;

/// <summary>Reads and writes credentials. They are never cached.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database)
{
    private const string ByEmail =
        """
        SELECT id, password_hash
        FROM auth.users
        WHERE lower(email) = lower($1)
        """;

    private const string ById =
        """
        SELECT id, password_hash
        FROM auth.users
        WHERE id = $1
        """;

    private const string Add =
        """
        WITH added AS (
          INSERT INTO auth.users (email, username, display_name, phone, password_hash)
          VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT DO NOTHING
          RETURNING id
        ), member AS (
          INSERT INTO auth.user_roles (user_id, role_id)
          SELECT added.id, roles.id
          FROM added
          JOIN auth.roles ON roles.name = 'member'
        )
        SELECT id
        FROM added
        """;

    // A new password ends every session that the old one, or whoever knew it, has opened.
    private const string Change =
        """
        WITH changed AS (
          UPDATE auth.users
          SET password_hash = $2,
              updated_at = now(),
              version = version + 1
          WHERE id = $1
        )
        UPDATE auth.refresh_tokens
        SET revoked_at = now()
        WHERE user_id = $1
          AND revoked_at IS NULL
        """;

    public Task<Credentials?> FindAsync(string email, CancellationToken cancellationToken) =>
        FindAsync(ByEmail, new NpgsqlParameter<string> { TypedValue = email }, cancellationToken);

    public Task<Credentials?> FindAsync(long id, CancellationToken cancellationToken) =>
        FindAsync(ById, new NpgsqlParameter<long> { TypedValue = id }, cancellationToken);

    /// <returns>The new user's id, or null when its address or its name is taken.</returns>
    public async Task<long?> AddAsync(RegistrationRequest user, string passwordHash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Add);
        foreach (var value in (string?[])[user.Email, user.Username, user.DisplayName, user.Phone, passwordHash])
        {
            command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = value });
        }

        return (long?)await command.ExecuteScalarAsync(cancellationToken);
    }

    public async Task ChangePasswordAsync(long id, string passwordHash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Change);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = passwordHash });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<Credentials?> FindAsync(string sql, NpgsqlParameter parameter, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(parameter);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken) ? new Credentials(rows.GetInt64(0), rows.GetString(1)) : null;
    }
}
