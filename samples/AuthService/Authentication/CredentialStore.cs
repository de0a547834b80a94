using System.Data;
using AuthService.Users;
using Npgsql;

namespace AuthService.Authentication;

/// <summary>Reads and writes credentials. They are never cached.</summary>
internal sealed class CredentialStore(NpgsqlDataSource database, UserCaches caches)
{
    private const string ByEmail =
        """
        SELECT coalesce(users.id, 0), asked.email, users.password_hash,
          EXISTS (SELECT FROM auth.sessions WHERE sessions.user_id = users.id AND sessions.network = $2)
        FROM (SELECT lower($1) AS email) AS asked
        LEFT JOIN auth.users ON lower(users.email) = asked.email
        """;

    private const string ById =
        """
        SELECT asked.id, coalesce(lower(users.email), ''), users.password_hash,
          EXISTS (SELECT FROM auth.sessions WHERE sessions.user_id = users.id AND sessions.network = $2)
        FROM (SELECT $1 AS id) AS asked
        LEFT JOIN auth.users USING (id)
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

    private const string Change =
        """
        UPDATE auth.users
        SET password_hash = $3,
            updated_at = now(),
            version = version + 1
        WHERE id = $1
          AND password_hash = $2
        RETURNING version
        """;

    private const string EndSessions =
        """
        UPDATE auth.sessions
        SET ended_at = now()
        WHERE user_id = $1
          AND ended_at IS NULL
        """;

    private const string ReplaceHash =
        """
        UPDATE auth.users
        SET password_hash = $3
        WHERE id = $1
          AND password_hash = $2
        """;

    public Task<Credentials> FindAsync(string email, string network, CancellationToken cancellationToken) =>
        FindAsync(ByEmail, new NpgsqlParameter<string> { TypedValue = email }, network, cancellationToken);

    public Task<Credentials> FindAsync(long id, string network, CancellationToken cancellationToken) =>
        FindAsync(ById, new NpgsqlParameter<long> { TypedValue = id }, network, cancellationToken);

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

    /// <summary>Ends every session that the old password, or whoever knew it, has opened, and clears the user's caches.</summary>
    /// <returns>Whether the old password was still the one that was found.</returns>
    public async Task<bool> ChangePasswordAsync(Credentials found, string passwordHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        // The second statement sees the sessions for which the first, which locks the user, has waited.
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using var change = Replacement(Change, found, passwordHash);
        change.Connection = connection;
        if (await change.ExecuteScalarAsync(cancellationToken) is not long version)
        {
            return false;
        }

        await using var end = new NpgsqlCommand(EndSessions, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = found.UserId } } };
        await end.ExecuteNonQueryAsync(cancellationToken);
        await caches.CommitAndInvalidateAllUserCachesAsync(transaction, found.UserId, version, cancellationToken);
        return true;
    }

    /// <summary>The same password, hashed anew.</summary>
    public async Task ReplaceHashAsync(Credentials found, string passwordHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var command = Replacement(ReplaceHash, found, passwordHash);
        command.Connection = connection;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Replacement(string sql, Credentials found, string passwordHash) => new(sql)
    {
        Parameters =
        {
            new NpgsqlParameter<long> { TypedValue = found.UserId },
            new NpgsqlParameter<string> { TypedValue = found.PasswordHash! },
            new NpgsqlParameter<string> { TypedValue = passwordHash },
        },
    };

    private async Task<Credentials> FindAsync(string sql, NpgsqlParameter who, string network, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(who);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = network });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        return new Credentials(
            UserId: rows.GetInt64(0),
            Email: rows.GetString(1),
            PasswordHash: await rows.IsDBNullAsync(2, cancellationToken) ? null : rows.GetString(2),
            IsFromKnownNetwork: rows.GetBoolean(3));
    }
}
