using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>What the database records of a cache's schema.</summary>
/// <param name="Version">The last migration that ran; 0 when there is no cache yet.</param>
/// <param name="MinimumLibraryVersion">The lowest version that a library must know to work with this schema.</param>
/// <param name="IsUnlogged">Whether the table is <c>UNLOGGED</c>.</param>
internal sealed record SchemaVersion(int Version, int MinimumLibraryVersion, bool IsUnlogged)
{
    private static SchemaVersion None { get; } = new(0, 0, IsUnlogged: false);

    /// <summary>Reads it with rights on the cache's own tables only, on a standby too. What is not there is not asked: that would abort a transaction.</summary>
    public static SchemaVersion Of(FoundSchema found, Session session, SqlNames names)
    {
        if (found is { Entries: null } or { State: null })
        {
            return None;
        }

        var sql =
            $"""
            /* solid_cache:schema_version */
            SELECT
              state.schema_version::bigint,
              state.minimum_library_version::bigint,
              entries.relpersistence = 'u'
            FROM {names.State} AS state
            JOIN pg_catalog.pg_class AS entries ON entries.oid = to_regclass({SqlNames.Literal(names.Entries)})::oid
            """;
        return session.QueryFirst(static rows => new SchemaVersion((int)rows.BigInt(0), (int)rows.BigInt(1), rows.Bool(2)), sql) ?? None;
    }
}
