using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Transactions;

/// <summary>
/// The statements that run in a transaction of the application's. They set nothing, wait as its settings say, and lock no rows but those that they write. Each
/// writes nothing where the cache is another one of the same name, whose identity is not <c>$2</c>.
/// </summary>
internal sealed class TransactionStatements
{
    public TransactionStatements(SqlNames names)
    {
        var isThisCache = $"EXISTS (SELECT FROM {names.State} AS state WHERE state.identity = $2::uuid)";

        Remove =
            $"""
            /* solid_cache:remove_in_transaction */
            INSERT INTO {names.Entries} AS entry (expires_at, key, value)
            SELECT '-infinity', removed.key, ''
            FROM (SELECT DISTINCT pg_catalog.unnest($1::text[]) AS key) AS removed
            WHERE {isThisCache}
            ORDER BY removed.key COLLATE "C"
            {RemovalBarrier.OnConflict}
            """;

        RemoveTags = TagRemoval.RecordOf(names, isThisCache);

        // By the clock, and not by now(), which is the transaction's beginning.
        const string Now = "pg_catalog.clock_timestamp()";
        const string AbsoluteEnd = $"{Now} + nullif($4::bigint, 0)::float8 * interval '1 microsecond'";

        // Without the transaction itself, which its own snapshot may take for committed: whatever it removes, before or after, counts against what it sets.
        const string MadeAfter =
            """
            (
                SELECT pg_catalog.format('%s:%s:%s', pg_catalog.pg_snapshot_xmin(taken.snapshot), pg_catalog.pg_snapshot_xmax(taken.snapshot), (
                  SELECT pg_catalog.string_agg(running.id::text, ',' ORDER BY running.id)
                  FROM (
                    SELECT pg_catalog.pg_snapshot_xip(taken.snapshot) AS id
                    UNION SELECT taken.own WHERE taken.own < pg_catalog.pg_snapshot_xmax(taken.snapshot)
                  ) AS running
                ))::pg_snapshot
                FROM (SELECT pg_catalog.pg_current_snapshot() AS snapshot, pg_catalog.pg_current_xact_id() AS own) AS taken
              )
            """;
        Set =
            $"""
            /* solid_cache:set_in_transaction */
            INSERT INTO {names.Entries} AS entry (expires_at, created_at, sliding_expiration, absolute_expiration, key, value, compressed, stale_for, tags, made_after)
            SELECT
              least({AbsoluteEnd}, {Now} + nullif($5::bigint, 0)::float8 * interval '1 microsecond', 'infinity'),
              {Now},
              nullif($5::bigint, 0),
              {AbsoluteEnd},
              $1::text,
              CASE WHEN NOT $8::boolean THEN $3::bytea END,
              CASE WHEN $8::boolean THEN $3::bytea END,
              nullif($6::bigint, 0),
              nullif($7::text, '')::text[],
              CASE WHEN $7::text <> '' THEN {MadeAfter} END
            WHERE {isThisCache}
            ON CONFLICT (key) DO UPDATE SET
              expires_at = excluded.expires_at,
              created_at = excluded.created_at,
              sliding_expiration = excluded.sliding_expiration,
              absolute_expiration = excluded.absolute_expiration,
              value = excluded.value,
              compressed = excluded.compressed,
              lease = NULL,
              lease_ends_at = NULL,
              stale_for = excluded.stale_for,
              tags = excluded.tags,
              made_after = excluded.made_after
            """;
        Identity = $"/* solid_cache:identity */ SELECT identity::text FROM {names.State}";
    }

    public string Remove { get; }

    public string RemoveTags { get; }

    public string Set { get; }

    public string Identity { get; }
}
