using System.Text.Json;
using Npgsql;

namespace AuthService.Statistics;

/// <summary>Counts. It reads all users: what a cache is for.</summary>
internal sealed class UserStatisticsStore(NpgsqlDataSource database)
{
    private const string Count =
        """
        SELECT
          count(*),
          count(*) FILTER (WHERE created_at > now() - interval '30 days'),
          (SELECT count(*) FROM auth.sessions WHERE created_at > now() - interval '24 hours'),
          (
            SELECT coalesce(json_object_agg(name, members), '{}')::text
            FROM (
              SELECT roles.name, count(user_roles.user_id) AS members
              FROM auth.roles
              LEFT JOIN auth.user_roles ON user_roles.role_id = roles.id
              GROUP BY roles.name
              ORDER BY roles.name
            ) AS by_role
          ),
          now()
        FROM auth.users
        """;

    public async Task<UserStatistics> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Count);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        await rows.ReadAsync(cancellationToken);
        return new UserStatistics(
            TotalUsers: rows.GetInt64(0),
            NewUsersInLast30Days: rows.GetInt64(1),
            SessionsInLast24Hours: rows.GetInt64(2),
            UsersByRole: JsonSerializer.Deserialize<Dictionary<string, long>>(rows.GetString(3))!,
            CountedAt: rows.GetDateTime(4));
    }
}
