using Npgsql;

namespace AuthService.Users;

/// <summary>Reads a page of users, and how many there are.</summary>
internal sealed class UserListStore(NpgsqlDataSource database)
{
    private const string List =
        """
        SELECT
          users.id, users.email, users.username, users.display_name, users.created_at,
          ARRAY(
            SELECT roles.name
            FROM auth.user_roles
            JOIN auth.roles ON roles.id = user_roles.role_id
            WHERE user_roles.user_id = users.id
            ORDER BY roles.name
          )
        FROM auth.users
        ORDER BY users.id
        LIMIT $1 OFFSET $2
        """;

    private const string Count = "SELECT count(*) FROM auth.users";

    public async Task<(IReadOnlyList<UserSummary> Users, long Total)> ReadAsync(int limit, long offset, CancellationToken cancellationToken)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Count));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(List)
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = limit }, new NpgsqlParameter<long> { TypedValue = offset } },
        });
        await using var rows = await batch.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        var total = rows.GetInt64(0);
        await rows.NextResultAsync(cancellationToken);

        var users = new List<UserSummary>();
        while (await rows.ReadAsync(cancellationToken))
        {
            users.Add(new UserSummary(
                rows.GetInt64(0),
                rows.GetString(1),
                rows.GetString(2),
                rows.GetString(3),
                rows.GetDateTime(4),
                await rows.GetFieldValueAsync<string[]>(5, cancellationToken)));
        }

        return (users, total);
    }
}
