using Npgsql;

namespace AuthService.Authentication;

/// <summary>Keeps the hashes of refresh tokens.</summary>
internal sealed class RefreshTokenStore(NpgsqlDataSource database)
{
    private const string Add =
        """
        INSERT INTO auth.refresh_tokens (token_hash, family, user_id, expires_at)
        VALUES ($1, $2, $3, now() + $4)
        """;

    // One of two that come at once with the same token wins; the other finds it used.
    private const string Rotate =
        """
        WITH used AS (
          UPDATE auth.refresh_tokens
          SET used_at = now()
          WHERE token_hash = $1
            AND used_at IS NULL
            AND revoked_at IS NULL
            AND expires_at > now()
          RETURNING family, user_id
        )
        INSERT INTO auth.refresh_tokens (token_hash, family, user_id, expires_at)
        SELECT $2, family, user_id, now() + $3
        FROM used
        RETURNING user_id
        """;

    // Two tabs of a browser may refresh at once: within ten seconds a second use is a race, after that a theft.
    private const string RevokeReused =
        """
        UPDATE auth.refresh_tokens
        SET revoked_at = now()
        WHERE revoked_at IS NULL
          AND family = (
            SELECT family
            FROM auth.refresh_tokens
            WHERE token_hash = $1
              AND used_at < now() - interval '10 seconds'
          )
        """;

    private const string RevokeFamily =
        """
        UPDATE auth.refresh_tokens
        SET revoked_at = now()
        WHERE revoked_at IS NULL
          AND family = (SELECT family FROM auth.refresh_tokens WHERE token_hash = $1)
        """;

    public async Task AddAsync(byte[] hash, Guid family, long userId, TimeSpan life, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Add);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = family });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = userId });
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = life });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <returns>The user, or null when the token was good for nothing; one that was used before ends its family.</returns>
    public async Task<long?> RotateAsync(byte[] hash, byte[] nextHash, TimeSpan life, CancellationToken cancellationToken)
    {
        await using var rotate = database.CreateCommand(Rotate);
        rotate.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        rotate.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = nextHash });
        rotate.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = life });
        if (await rotate.ExecuteScalarAsync(cancellationToken) is long userId)
        {
            return userId;
        }

        await RevokeAsync(RevokeReused, hash);
        return null;
    }

    public Task RevokeFamilyAsync(byte[] hash) => RevokeAsync(RevokeFamily, hash);

    /// <summary>Takes no token: who hangs up must not keep a session alive that was to end.</summary>
    private async Task RevokeAsync(string sql, byte[] hash)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = hash });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }
}
