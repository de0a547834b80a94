namespace SolidCache.Postgres.Sql;

/// <summary>What a pooler does that does not keep the prepared statements of its clients apart: the server runs another one, without any error.</summary>
internal static class StatementMixUp
{
    public static SolidCacheException Detected() => new(
        "The server answered another statement than the one sent, as a connection pooler does that does not keep the prepared statements of its clients apart. "
        + $"Set {nameof(PostgresSolidCacheOptions.PoolerSupportsPreparedStatements)} to false.");
}
