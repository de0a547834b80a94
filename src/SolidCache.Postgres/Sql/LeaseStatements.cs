namespace SolidCache.Postgres.Sql;

/// <summary>
/// The statements by which one caller of all nodes makes a value, and stores it only if nobody has removed or replaced the entry since. They wait for nobody's
/// row: who does not get it at once makes the value for himself.
/// </summary>
internal sealed class LeaseStatements
{
    /// <summary>What stands for all of an entry's life where a part of it is a whole number.</summary>
    public const int WholeLife = 1_000_000;

    public LeaseStatements(SqlNames names, string stretch, int maxValueBytes)
    {
        var entries = names.Entries;
        const string IsAsked = $"entry.key = ANY ({EntryConditions.AskedKeys})";
        var isLive = EntryConditions.IsLive(names, "entry");
        var isFresh = EntryConditions.IsFresh(names, "entry");
        var value = EntryConditions.Value(
            "entry",
            maxValueBytes,
            $"({isLive} OR ({EntryConditions.StaleUntil("entry", "asked.stale_for")} > now() AND {isFresh})) AND {EntryConditions.HasFewTags("entry")}");
        const string Asked =
            $"""
            SELECT one.key, one.lease, one.duration, one.stale_for, one.ahead, nullif(one.tags, '')::text[] AS tags
              FROM (
                SELECT pg_catalog.unnest({EntryConditions.AskedKeys}) AS key, pg_catalog.unnest($2) AS lease, pg_catalog.unnest($3) AS duration, pg_catalog.unnest($4) AS stale_for, pg_catalog.unnest($5) AS ahead, pg_catalog.unnest($6) AS tags
              ) AS one
            """;

        // A row that was locked just now may be of after this statement's snapshot, which then cannot tell whether its tags were removed: another's lease stays, and a
        // set. What is older, and still not of the server's past, is from a dump.
        const string IsNewer = "coalesce(pg_catalog.pg_snapshot_xmax(entry.made_after) > pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()), false)";

        // A row that is there is taken as it is: its value may be served still, by others until it expires, and by who may have it stale. A row that is not there
        // becomes one that has always been expired. The removals of tags that this statement cannot see count against the value that is made after it.
        Take =
            $"""
            /* solid_cache:lease */
            WITH asked AS MATERIALIZED (
              {Asked}
            ), free AS MATERIALIZED (
              SELECT
                asked.key,
                asked.lease,
                asked.duration,
                asked.tags,
                coalesce({isLive} OR ({isFresh} AND {EntryConditions.StaleUntil("entry")} > now()), false) AS is_kept
              FROM ONLY {entries} AS entry
              JOIN asked ON asked.key = entry.key
              WHERE {IsAsked}
                AND (coalesce(entry.lease_ends_at <= now(), true) OR (NOT {isFresh} AND NOT {IsNewer}))
                AND NOT ({IsNewer} AND entry.created_at > now() - interval '1 minute')
                AND (NOT {isLive} OR {EntryConditions.LifeLeft("entry")} * {WholeLife}::float8 < asked.ahead::float8)
              ORDER BY entry.key
              FOR UPDATE OF entry SKIP LOCKED
            ), taken AS (
              UPDATE ONLY {entries} AS entry
              SET lease = free.lease,
                  lease_ends_at = {EndOf("free")},
                  made_after = pg_catalog.pg_current_snapshot(),
                  tags = CASE
                    WHEN NOT free.is_kept THEN free.tags
                    WHEN free.tags IS NULL THEN entry.tags
                    ELSE ARRAY(SELECT pg_catalog.unnest(entry.tags) UNION SELECT pg_catalog.unnest(free.tags))
                  END,
                  expires_at = CASE WHEN free.is_kept THEN entry.expires_at ELSE '-infinity' END,
                  stale_for = CASE WHEN free.is_kept THEN entry.stale_for END,
                  sliding_expiration = CASE WHEN free.is_kept THEN entry.sliding_expiration END,
                  absolute_expiration = CASE WHEN free.is_kept THEN entry.absolute_expiration END,
                  value = CASE WHEN free.is_kept THEN entry.value ELSE '' END,
                  compressed = CASE WHEN free.is_kept THEN entry.compressed END
              FROM free
              WHERE entry.key = free.key
                AND {IsAsked}
                AND {WriteConditions.Durability("false")}
                AND {WriteConditions.WaitsForLocks("$7")}
              RETURNING entry.key
            ), made AS (
              INSERT INTO {entries} AS entry (expires_at, key, value, lease, lease_ends_at, tags, made_after)
              SELECT '-infinity', asked.key, '', asked.lease, {EndOf("asked")}, asked.tags, pg_catalog.pg_current_snapshot()
              FROM asked
              WHERE NOT EXISTS (SELECT FROM ONLY {entries} AS entry WHERE entry.key = asked.key AND {IsAsked})
                AND {WriteConditions.Durability("false")}
                AND {WriteConditions.WaitsForLocks("$7")}
              ORDER BY asked.key
              ON CONFLICT (key) DO NOTHING
              RETURNING entry.key
            )
            SELECT
              asked.key,
              asked.key IN (SELECT key FROM taken UNION ALL SELECT key FROM made),
              coalesce({isLive}, false),
              {value},
              {EntryConditions.Age("entry")}
            FROM asked
            LEFT JOIN ONLY {entries} AS entry ON entry.key = asked.key AND {IsAsked}
            """;

        // With no time left it frees the row. Who asks for a lease may have locked a row for a moment that was free when he began: what is passed over is told.
        Renew =
            $"""
            /* solid_cache:lease_renewal */
            WITH asked AS MATERIALIZED (
              SELECT pg_catalog.unnest({EntryConditions.AskedKeys}) AS key, pg_catalog.unnest($2) AS lease, pg_catalog.unnest($3) AS duration
            ), held AS MATERIALIZED (
              SELECT asked.key, asked.duration
              FROM ONLY {entries} AS entry
              JOIN asked ON asked.key = entry.key
              WHERE {IsAsked}
                AND entry.lease = asked.lease
              ORDER BY entry.key
              FOR UPDATE OF entry SKIP LOCKED
            ), renewed AS (
              UPDATE ONLY {entries} AS entry
              SET lease_ends_at = {EndOf("held")}
              FROM held
              WHERE entry.key = held.key
                AND {IsAsked}
                AND {WriteConditions.Durability("false")}
              RETURNING entry.key
            )
            SELECT asked.key, asked.key IN (SELECT key FROM renewed)
            FROM asked
            JOIN ONLY {entries} AS entry ON entry.key = asked.key AND entry.lease = asked.lease AND {IsAsked}
            """;

        Fill =
            $"""
            /* solid_cache:fill */
            UPDATE ONLY {entries} AS entry
            SET expires_at = {SetStatements.ExpiresAt("held.absolute", "held.sliding", stretch)},
                created_at = now(),
                sliding_expiration = nullif(held.sliding, 0),
                absolute_expiration = {SetStatements.AbsoluteEnd("held.absolute")},
                value = CASE WHEN NOT held.is_compressed THEN held.value END,
                compressed = CASE WHEN held.is_compressed THEN held.value END,
                lease = NULL,
                lease_ends_at = NULL,
                stale_for = nullif(held.stale_for, 0),
                tags = nullif(held.tags, '')::text[],
                made_after = CASE WHEN held.tags <> '' THEN entry.made_after END
            FROM (
              SELECT
                pg_catalog.unnest({EntryConditions.AskedKeys}) AS key,
                pg_catalog.unnest($2) AS absolute,
                pg_catalog.unnest($3) AS sliding,
                pg_catalog.unnest($4) AS value,
                pg_catalog.unnest($9) AS stale_for,
                pg_catalog.unnest($10) AS tags,
                pg_catalog.unnest($11) AS is_compressed,
                pg_catalog.unnest($12) AS lease
            ) AS held
            WHERE entry.key = held.key
              AND entry.lease = held.lease
              AND entry.key = ANY (ARRAY(
                SELECT entry.key
                FROM ONLY {entries} AS entry
                JOIN (SELECT pg_catalog.unnest({EntryConditions.AskedKeys}) AS key, pg_catalog.unnest($12) AS lease) AS made ON made.key = entry.key
                WHERE {IsAsked}
                  AND entry.lease = made.lease
                ORDER BY entry.key
                FOR UPDATE OF entry SKIP LOCKED
              ))
              AND {WriteConditions.Durability("$6")}
              AND {WriteConditions.WaitsForLocks("$7")}
              AND {LateWrite.Check("$5")}
              AND (held.tags = '' OR {EntryConditions.Freshness(names, "nullif(held.tags, '')::text[]", "entry.made_after")})
            RETURNING entry.key
            """;

        static string EndOf(string row) => $"now() + {row}.duration::float8 * interval '1 microsecond'";
    }

    public string Take { get; }

    public string Renew { get; }

    public string Fill { get; }
}
