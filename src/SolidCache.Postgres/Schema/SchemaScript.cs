using System.Text;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>The migrations as one script for people who run their own.</summary>
internal static class SchemaScript
{
    /// <summary>Held until the end of the transaction, by everybody who migrates a cache in the same schema, which the first creates for all.</summary>
    public static string Lock(SqlNames names) =>
        $"SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended({SqlNames.Literal("solid_cache:" + names.Schema)}, 0))";

    public static string Compose(SqlNames names, IReadOnlyList<Migration> migrations, bool unlogged)
    {
        var script = new StringBuilder(
            $"""
            -- The schema of SolidCache.Postgres, version {migrations[^1].Version}. It may run again, and beside other nodes.
            BEGIN;

            {Lock(names)};

            DO $solid_cache$
            DECLARE
              found integer;
            BEGIN
              IF to_regclass({SqlNames.Literal(names.State)}) IS NOT NULL THEN
                SELECT schema_version INTO found FROM {names.State};
                IF found > {migrations[^1].Version} THEN
                  RAISE EXCEPTION 'The schema has version % already; this script leads to version {migrations[^1].Version}.', found;
                END IF;
              END IF;
            END
            $solid_cache$;


            """);
        foreach (var migration in migrations)
        {
            script.Append(migration.For(names, unlogged)).Append('\n');
        }

        return script.Append("COMMIT;\n").ToString();
    }
}
