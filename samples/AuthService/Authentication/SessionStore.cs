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
        SELECT used.user_id, extract(epoch FROM next.expires_at - now())::integer
        FROM used
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

    /// <returns>Whether the user still has this password.</returns>
    public async Task<bool> OpenAsync(SessionStart session, byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Open);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = session.UserId });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = session.PasswordHash });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = session.Network });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = RefreshTokens.LongestSession });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tokenHash });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = RefreshTokens.Life });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <returns>The user, and for how many seconds the next token lives; null when the token was good for nothing. One that was used before ends its session.</returns>
    public async Task<(long UserId, int Seconds)?> RotateAsync(byte[] tokenHash, byte[] nextHash, CancellationToken cancellationToken)
    {
        await using (var rotate = database.CreateCommand(Rotate))
        {
            rotate.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tokenHash });
            rotate.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = nextHash });
            rotate.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = RefreshTokens.Life });
            await using var rows = await rotate.ExecuteReaderAsync(cancellationToken);
            if (await rows.ReadAsync(cancellationToken))
            {
                return (rows.GetInt64(0), rows.GetInt32(1));
            }
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

    /// <summary>Takes no token: who hangs up must not keep a session alive that was to end.</summary>
    private async Task EndAsync(string sql, byte[] tokenHash)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = tokenHash });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
