using Npgsql;

namespace AuthService.Users;

/// <summary>Reads and writes users in the database.</summary>
internal sealed class UserStore(NpgsqlDataSource database)
{
    private const string Find =
        """
        SELECT
          users.id, users.email, users.username, users.display_name, users.phone, users.created_at, users.updated_at,
          coalesce(array_agg(DISTINCT roles.name) FILTER (WHERE roles.name IS NOT NULL), '{}'),
          coalesce(array_agg(DISTINCT permissions.name) FILTER (WHERE permissions.name IS NOT NULL), '{}')
        FROM auth.users
        LEFT JOIN auth.user_roles ON user_roles.user_id = users.id
        LEFT JOIN auth.roles ON roles.id = user_roles.role_id
        LEFT JOIN auth.role_permissions ON role_permissions.role_id = roles.id
        LEFT JOIN auth.permissions ON permissions.id = role_permissions.permission_id
        WHERE users.id = $1
        GROUP BY users.id
        """;

    private const string Update =
        """
        UPDATE auth.users
        SET display_name = $2,
            phone = $3,
            updated_at = now()
        WHERE id = $1
        """;

    public async Task<UserProfile?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        return await rows.ReadAsync(cancellationToken)
            ? new UserProfile(
                Id: rows.GetInt64(0),
                Email: rows.GetString(1),
                Username: rows.GetString(2),
                DisplayName: rows.GetString(3),
                Phone: await rows.IsDBNullAsync(4, cancellationToken) ? null : rows.GetString(4),
                CreatedAt: rows.GetDateTime(5),
                UpdatedAt: rows.GetDateTime(6),
                Roles: await rows.GetFieldValueAsync<string[]>(7, cancellationToken),
                Permissions: await rows.GetFieldValueAsync<string[]>(8, cancellationToken))
            : null;
    }

    /// <returns>Whether there is such a user.</returns>
    public async Task<bool> UpdateAsync(long id, ProfileUpdate update, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Update);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = update.DisplayName });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = update.Phone });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
