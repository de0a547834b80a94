using Npgsql;

namespace AuthService.Users;

/// <summary>Reads and writes users in the database.</summary>
internal sealed class UserStore(NpgsqlDataSource database, UserCaches caches)
{
    private const string Find =
        """
        SELECT
          users.id, users.email, users.username, users.display_name, users.phone, users.created_at, users.updated_at, users.version,
          coalesce(array_agg(roles.name ORDER BY roles.name) FILTER (WHERE roles.name IS NOT NULL), '{}')
        FROM auth.users
        LEFT JOIN auth.user_roles ON user_roles.user_id = users.id
        LEFT JOIN auth.roles ON roles.id = user_roles.role_id
        WHERE users.id = $1
        GROUP BY users.id
        """;

    private const string FindPermissions =
        """
        SELECT coalesce(array_agg(DISTINCT permissions.name ORDER BY permissions.name), '{}')
        FROM auth.user_roles
        JOIN auth.role_permissions USING (role_id)
        JOIN auth.permissions ON permissions.id = role_permissions.permission_id
        WHERE user_roles.user_id = $1
        """;

    private const string Update =
        """
        UPDATE auth.users
        SET display_name = $2,
            phone = $3,
            updated_at = now(),
            version = version + 1
        WHERE id = $1
        RETURNING version
        """;

    /// <summary>For who decides over access in a transaction of its own.</summary>
    public static async Task<string[]> FindPermissionsAsync(NpgsqlConnection connection, long id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(FindPermissions, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = id } } };
        return (string[])(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <returns>The user with its roles and no permissions, or null when there is none.</returns>
    public async Task<UserRow?> FindAsync(long id, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        if (!await rows.ReadAsync(cancellationToken))
        {
            return null;
        }

        var profile = new UserProfile(
            Id: rows.GetInt64(0),
            Email: rows.GetString(1),
            Username: rows.GetString(2),
            DisplayName: rows.GetString(3),
            Phone: await rows.IsDBNullAsync(4, cancellationToken) ? null : rows.GetString(4),
            CreatedAt: rows.GetDateTime(5),
            UpdatedAt: rows.GetDateTime(6),
            Roles: await rows.GetFieldValueAsync<string[]>(8, cancellationToken),
            Permissions: []);
        return new UserRow(profile, rows.GetInt64(7));
    }

    public async Task<string[]> FindPermissionsAsync(long id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await FindPermissionsAsync(connection, id, cancellationToken);
    }

    /// <summary>Clears the user's caches with it.</summary>
    /// <returns>Whether there is such a user.</returns>
    public async Task<bool> UpdateAsync(long id, ProfileUpdate update, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Update, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = id });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = update.DisplayName });
        command.Parameters.Add(new NpgsqlParameter<string?> { TypedValue = update.Phone });
        if (await command.ExecuteScalarAsync(cancellationToken) is not long version)
        {
            return false;
        }

        await caches.CommitAndInvalidateAllUserCachesAsync(transaction, id, version, cancellationToken);
        return true;
    }
}
