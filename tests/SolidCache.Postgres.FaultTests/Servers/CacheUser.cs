using Npgsql;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>The role of a cache that may use its tables and nothing else.</summary>
internal static class CacheUser
{
    public const string Revoke = "REVOKE ALL ON solid_cache_entries FROM cache_user";
    public const string Grant = "GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries TO cache_user";

    public const string ChangePassword =
        "ALTER ROLE cache_user PASSWORD 'new'; SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cache_user'";

    public const string ChangePasswordBack = "ALTER ROLE cache_user PASSWORD 'old'";

    /// <summary>Makes the role, and what it uses.</summary>
    public static Task CreateAsync(Cluster cluster) => cluster.ExecuteAsync(
        PostgresSolidCacheSchema.GetScript()
        + "CREATE ROLE cache_user LOGIN PASSWORD 'old'; GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO cache_user;");

    /// <summary>The role's connection string.</summary>
    /// <param name="port">Of the server, or of a way to it.</param>
    /// <param name="password">That of <see cref="CreateAsync"/> unless told otherwise; null for one that somebody else provides.</param>
    public static string ConnectionStringOn(int port, string? password = "old") =>
        new NpgsqlConnectionStringBuilder(Cluster.ConnectionStringOn(port)) { Username = "cache_user", Password = password }.ConnectionString;
}
