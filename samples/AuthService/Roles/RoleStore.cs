using AuthService.Authentication;
using AuthService.Users;
using Npgsql;

namespace AuthService.Roles;

/// <summary>Reads roles from the database, and gives them to users.</summary>
internal sealed class RoleStore(NpgsqlDataSource database, UserCaches caches)
{
    private const string List =
        """
        SELECT roles.name, coalesce(array_agg(permissions.name ORDER BY permissions.name) FILTER (WHERE permissions.name IS NOT NULL), '{}')
        FROM auth.roles
        LEFT JOIN auth.role_permissions ON role_permissions.role_id = roles.id
        LEFT JOIN auth.permissions ON permissions.id = role_permissions.permission_id
        GROUP BY roles.name
        ORDER BY roles.name
        """;

    // One assignment at a time: two that each take the role from another administrator would leave none. A row of the service's own, which nobody locks without
    // the right to change it; an advisory lock everybody may hold who may connect.
    private const string Lock = "SELECT FROM auth.permissions WHERE name = $1 FOR NO KEY UPDATE";

    private const string IsAllowed =
        """
        SELECT EXISTS (
          SELECT
          FROM auth.user_roles
          JOIN auth.role_permissions USING (role_id)
          JOIN auth.permissions ON permissions.id = role_permissions.permission_id
          WHERE user_roles.user_id = $1
            AND permissions.name = $2
        )
        """;

    private const string RaiseVersion =
        """
        UPDATE auth.users
        SET version = version + 1
        WHERE id = $1
        RETURNING version
        """;

    private const string Replace =
        """
        WITH wanted AS (
          SELECT id
          FROM auth.roles
          WHERE name = ANY ($2)
        ), taken AS (
          DELETE FROM auth.user_roles
          WHERE user_id = $1
            AND role_id NOT IN (SELECT id FROM wanted)
        ), given AS (
          INSERT INTO auth.user_roles (user_id, role_id)
          SELECT $1, id
          FROM wanted
          ON CONFLICT DO NOTHING
        )
        SELECT count(*)
        FROM wanted
        """;

    private const string CountAdministrators =
        """
        SELECT count(*)
        FROM auth.user_roles
        JOIN auth.role_permissions USING (role_id)
        JOIN auth.permissions ON permissions.id = role_permissions.permission_id
        WHERE permissions.name = $1
        """;

    public async Task<Role[]> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(List);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var roles = new List<Role>();
        while (await rows.ReadAsync(cancellationToken))
        {
            roles.Add(new Role(rows.GetString(0), await rows.GetFieldValueAsync<string[]>(1, cancellationToken)));
        }

        return [.. roles];
    }

    /// <summary>
    /// All or nothing; raises the user's version and clears its caches with it. Whether the caller may do it is read again, behind the lock: whose access
    /// token outlives the role could take it back otherwise, and keep it.
    /// </summary>
    public async Task<AssignmentResult> AssignAsync(long callerId, long userId, string[] roles, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var locking = new NpgsqlCommand(Lock, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = Permissions.SystemAdmin } } })
        {
            await locking.ExecuteNonQueryAsync(cancellationToken);
        }

        await using var allowed = new NpgsqlCommand(IsAllowed, connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = callerId }, new NpgsqlParameter<string> { TypedValue = Permissions.SystemAdmin } },
        };
        if (!(bool)(await allowed.ExecuteScalarAsync(cancellationToken))!)
        {
            return AssignmentResult.NotAllowed;
        }

        await using var raise = new NpgsqlCommand(RaiseVersion, connection) { Parameters = { new NpgsqlParameter<long> { TypedValue = userId } } };
        if (await raise.ExecuteScalarAsync(cancellationToken) is not long version)
        {
            return AssignmentResult.UnknownUser;
        }

        var wanted = roles.Distinct(StringComparer.Ordinal).ToArray();
        await using var replace = new NpgsqlCommand(Replace, connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = userId }, new NpgsqlParameter<string[]> { TypedValue = wanted } },
        };
        if ((long)(await replace.ExecuteScalarAsync(cancellationToken))! != wanted.Length)
        {
            return AssignmentResult.UnknownRole;
        }

        await using var count = new NpgsqlCommand(CountAdministrators, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = Permissions.SystemAdmin } },
        };
        if ((long)(await count.ExecuteScalarAsync(cancellationToken))! == 0)
        {
            return AssignmentResult.LastAdministrator;
        }

        await caches.CommitAndInvalidateAllUserCachesAsync(transaction, userId, version, cancellationToken);
        return AssignmentResult.Done;
    }
}
