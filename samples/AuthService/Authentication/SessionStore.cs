using System.Data;
using AuthService.Users;
using Npgsql;

namespace AuthService.Authentication;

/// <summary>Keeps sessions, and the hashes of their refresh tokens. Whether a session lives, its own row says: no token can outlive it.</summary>
internal sealed class SessionStore(NpgsqlDataSource database)
{
    // Only for the password that was tried: who signs in while it is changed waits for the change, and comes too late.
    private const string Open =
        """
        WITH owner AS (
          SELECT id
          FROM auth.users
          WHERE id = $1
            AND password_hash = $2
          FOR SHARE
        ), opened AS (
          INSERT INTO auth.sessions (user_id, network, expires_at)
          SELECT id, $3, now() + $4
          FROM owner
          RETURNING id
        )
        INSERT INTO auth.refresh_tokens (token_hash, session_id, expires_at)
        SELECT $5, id, now() + $6
        FROM opened
        """;

    // Of two that come at once with the same token one wins; the other finds it used.
    private const string Rotate =
        """
        WITH session AS (
          SELECT id, user_id, expires_at
          FROM auth.sessions
          WHERE id = (SELECT session_id FROM auth.refresh_tokens WHERE token_hash = $1)
            AND ended_at IS NULL
            AND expires_at > now()
          FOR UPDATE
        ), used AS (
          UPDATE auth.refresh_tokens
          SET used_at = now()
          FROM session
          WHERE token_hash = $1
            AND used_at IS NULL
            AND refresh_tokens.expires_at > now()
          RETURNING session.id, session.user_id, session.expires_at
        ), next AS (
          INSERT INTO auth.refresh_tokens (token_hash, session_id, expires_at)
          SELECT $2, id, least(now() + $3, expires_at)
          FROM used
          RETURNING expires_at
        )
        SELECT users.id, lower(users.email), users.password_hash, extract(epoch FROM next.expires_at - now())::integer
        FROM used
        JOIN auth.users ON users.id = used.user_id
        CROSS JOIN next
        """;

    // Two tabs of a browser may refresh at once: within ten seconds a second use is a race, after that a theft.
    private const string EndWhereReused =
        """
        UPDATE auth.sessions
        SET ended_at = now()
        WHERE ended_at IS NULL
          AND id = (
            SELECT session_id
            FROM auth.refresh_tokens
            WHERE token_hash = $1
              AND used_at < now() - interval '10 seconds'
          )
        """;

    private const string End =
        """
        UPDATE auth.sessions
        SET ended_at = now()
        WHERE ended_at IS NULL
          AND id = (SELECT session_id FROM auth.refresh_tokens WHERE token_hash = $1)
        """;

    private const string CleanUp =
        """
        DELETE FROM auth.refresh_tokens
        WHERE expires_at < now();

        DELETE FROM auth.sessions
        WHERE least(ended_at, expires_at) < now() - interval '30 days';
        """;

    /// <summary>Permissions are read once the session is open: what was taken away while that waited for the user's row must not be in its token.</summary>
    /// <returns>What the user may do; null when the user has another password by now.</returns>
    public async Task<string[]?> OpenAsync(SessionStart session, byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using var open = new NpgsqlCommand(Open, connection);
        open.Parameters.Add(new NpgsqlParameter<long> { TypedValue = session.UserId });
        open.Parameters.Add(new NpgsqlParameter<string> { TypedValue = session.PasswordHash });
        open.Parameters.Add(new NpgsqlParameter<string> { TypedValue = session.Network });
        open.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = RefreshTokens.LongestSession });
        open.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tokenHash });
        open.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = RefreshTokens.Life });
        if (await open.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return null;
        }

        var permissions = await UserStore.FindPermissionsAsync(connection, session.UserId, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return permissions;
    }

    /// <returns>Null when the token was good for nothing. One that was used before ends its session.</returns>
    public async Task<RenewedSession?> RotateAsync(byte[] tokenHash, byte[] nextHash, CancellationToken cancellationToken)
    {
        if (await TryRotateAsync(tokenHash, nextHash, cancellationToken) is { } session)
        {
            return session;
        }

        await EndAsync(EndWhereReused, tokenHash);
        return null;
    }

    public Task EndAsync(byte[] tokenHash) => EndAsync(End, tokenHash);

    public async Task CleanUpAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(CleanUp);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The token is spent only when all is read that the answer takes: whoever gets an error may try again with it.</summary>
    private async Task<RenewedSession?> TryRotateAsync(byte[] tokenHash, byte[] nextHash, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        await using var rotate = new NpgsqlCommand(Rotate, connection);
        rotate.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tokenHash });
        rotate.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = nextHash });
        rotate.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = RefreshTokens.Life });
        RenewedSession session;
        await using (var rows = await rotate.ExecuteReaderAsync(cancellationToken))
        {
            if (!await rows.ReadAsync(cancellationToken))
            {
                return null;
            }

            session = new RenewedSession(rows.GetInt64(0), rows.GetString(1), rows.GetString(2), rows.GetInt32(3), Permissions: []);
        }

        session = session with { Permissions = await UserStore.FindPermissionsAsync(connection, session.UserId, cancellationToken) };
        await transaction.CommitAsync(cancellationToken);
        return session;
    }

    /// <summary>Takes no token: who hangs up must not keep a session alive that was to end.</summary>
    private async Task EndAsync(string sql, byte[] tokenHash)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tokenHash });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
