namespace SolidCache.Postgres.Sql;

/// <summary>The statements on the log of changes; see the migration that makes it.</summary>
internal sealed class InvalidationStatements
{
    public const string Position = "position";
    public const string Pruned = "pruned";
    public const string Everything = "everything";
    public const string Change = "change";
    public const string Lag = "lag";

    /// <summary>Of a message between nodes.</summary>
    public const int MostMessageBytes = 1024 * 1024;

    /// <summary>More than this at once, and memory is dropped as a whole instead.</summary>
    private const int MostRows = 20_000;

    /// <summary>The same of the bytes of keys and tags as they would arrive, which are not fetched then. What the cache logs stays far below.</summary>
    private const int MostBytes = 64_000_000;

    /// <summary>Of keys or tags of one row as they are stored, compressed perhaps: more than ten thousand keys of the longest take. What has more is not even measured.</summary>
    private const int MostStoredBytes = 12_000_000;

    /// <summary>Of the name of a message's channel, more than a key has; what has more is nobody's, and neither is a message of more than the cache sends.</summary>
    private const int MostChannelBytes = 4_096;
    private const int PrunedTogether = 20_000;

    /// <summary>Whatever is committed here is older. What is not came along with a dump of another server, or somebody has written it by hand.</summary>
    private const string Future = "pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())";

    public InvalidationStatements(SqlNames names)
    {
        var log = names.Invalidations;
        const string Changes = "log.keys, log.tags, log.channel, log.message, log.written_at";
        var lag = "min(news.written_at) FILTER (WHERE news.written_at BETWEEN now() - interval '1 day' AND now() + interval '1 day')";

        // Exact, whatever is committed when: what has become visible since a snapshot was written by a transaction that was under way then, or that began later.
        Look =
            $"""
            /* solid_cache:invalidations */
            WITH news AS MATERIALIZED (
              SELECT news.keys, news.tags, news.channel, news.message, news.written_at
              FROM (
                SELECT {Changes} FROM {log} AS log WHERE log.transaction >= pg_catalog.pg_snapshot_xmax($1::pg_snapshot) AND log.transaction < {Future}
                UNION ALL
                SELECT {Changes} FROM {log} AS log
                WHERE log.transaction = ANY (ARRAY(SELECT pg_catalog.pg_snapshot_xip($1::pg_snapshot)))
                  AND pg_catalog.pg_visible_in_snapshot(log.transaction, (SELECT pg_catalog.pg_current_snapshot()))
              ) AS news
              LIMIT {MostRows + 1}
            ), whole AS MATERIALIZED (
              SELECT count(*) AS size, coalesce(sum({BytesOf("keys")} + {BytesOf("tags")}), 0)::bigint AS bytes FROM news
            )
            SELECT '{Position}'::text, pg_catalog.pg_current_snapshot()::text, {Identity(names)}, NULL::bytea, NULL::text[], NULL::text[]
            UNION ALL
            SELECT '{Pruned}'::text, NULL::text, NULL::text, NULL::bytea, NULL::text[], NULL::text[]
            FROM {log} AS log
            WHERE log.epoch IS NOT NULL AND log.transaction = '0'::xid8 AND log.pruned_to > pg_catalog.pg_snapshot_xmin($1::pg_snapshot)
            UNION ALL
            SELECT '{Everything}'::text, NULL::text, NULL::text, NULL::bytea, NULL::text[], NULL::text[]
            FROM whole
            WHERE whole.size > {MostRows} OR whole.bytes > {MostBytes}
            UNION ALL
            SELECT '{Lag}'::text, (extract(epoch FROM pg_catalog.clock_timestamp() - {lag}) * 1000000.0)::bigint::text, NULL::text, NULL::bytea, NULL::text[], NULL::text[]
            FROM news
            HAVING {lag} IS NOT NULL
            UNION ALL
            SELECT '{Change}'::text, news.channel, NULL::text, news.message, news.keys, news.tags
            FROM news
            WHERE CASE
              WHEN news.channel IS NULL THEN (SELECT whole.bytes FROM whole) <= {MostBytes}
              ELSE octet_length(news.channel) <= {MostChannelBytes} AND octet_length(news.message) <= {MostMessageBytes}
            END
            """;

        // What a transaction had logged that outlives a crash prepared is gone with the rest: when it ends, everything may have changed.
        BeginEpoch =
            $"""
            /* solid_cache:invalidations_epoch */
            WITH begun AS (
              INSERT INTO {log} AS log (transaction, epoch, horizon)
              SELECT '0'::xid8, pg_catalog.gen_random_uuid(), pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())
              WHERE EXISTS (
                SELECT FROM pg_catalog.pg_trigger AS logging
                WHERE logging.tgrelid = {SqlNames.Literal(names.Entries)}::regclass::oid AND logging.tgname = 'solid_cache_log_update'
              )
              ON CONFLICT (transaction) WHERE epoch IS NOT NULL DO UPDATE SET
                epoch = excluded.epoch, horizon = excluded.horizon, pruned_to = NULL, written_at = pg_catalog.clock_timestamp()
              WHERE greatest(log.horizon, log.pruned_to) > {Future}
              RETURNING log.epoch
            )
            INSERT INTO {log} (transaction)
            SELECT prepared.id
            FROM begun
            CROSS JOIN pg_catalog.pg_snapshot_xip(pg_catalog.pg_current_snapshot()) AS prepared (id)
            WHERE prepared.id::xid IN (SELECT given.transaction FROM pg_catalog.pg_prepared_xacts AS given WHERE given.database = pg_catalog.current_database())
            """;

        Announce =
            $"""
            /* solid_cache:invalidations_announced */
            SELECT pg_catalog.pg_notify($1, ''::text) IS NULL
            WHERE pg_catalog.set_config('synchronous_commit', 'off', true) IS NOT NULL
              AND pg_catalog.set_config('lock_timeout', '{WriteConditions.LockWait}', true) IS NOT NULL
            """;

        // What had ended five minutes ago, every node has read that has looked since; who has not drops all. A transaction that stays open keeps its part of the log; a clock that
        // was ahead does not.
        Mark =
            $"""
            /* solid_cache:invalidations_mark */
            UPDATE {log} AS log
            SET pruned_to = greatest(log.pruned_to, log.horizon),
                horizon = pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()),
                written_at = pg_catalog.clock_timestamp()
            WHERE log.epoch IS NOT NULL
              AND log.transaction = '0'::xid8
              AND (log.written_at < pg_catalog.clock_timestamp() - interval '5 minutes' OR log.written_at > pg_catalog.clock_timestamp() + interval '5 minutes')
            """;

        Prune =
            $"""
            /* solid_cache:invalidations_prune */
            DELETE FROM {log} AS log
            WHERE log.ctid = ANY (ARRAY(
              SELECT old.ctid
              FROM {log} AS old
              WHERE old.transaction > '0'::xid8
                AND (
                  old.transaction < (SELECT begun.pruned_to FROM {log} AS begun WHERE begun.epoch IS NOT NULL AND begun.transaction = '0'::xid8)
                  OR old.transaction >= {Future}
                )
              LIMIT {PrunedTogether}
              FOR UPDATE SKIP LOCKED
            ))
            """;

        Publish =
            $"""
            /* solid_cache:invalidations_publish */
            INSERT INTO {log} (channel, message)
            SELECT pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::bytea[])
            """;

        PublishEverything =
            $"""
            /* solid_cache:invalidations_everything */
            INSERT INTO {log} DEFAULT VALUES
            """;
    }

    /// <summary>What has changed since the snapshot <c>$1</c>, and the snapshot of this look.</summary>
    public string Look { get; }

    /// <summary>Begins a log that has not begun, or is another server's; not while nothing is logged.</summary>
    public string BeginEpoch { get; }

    public string Announce { get; }

    public string Mark { get; }

    public string Prune { get; }

    /// <summary>Messages, each on its channel.</summary>
    public string Publish { get; }

    public string PublishEverything { get; }

    /// <summary>Another value, or none: what was told before tells nothing about this table. A file's number would not do: it is seen before its transaction's rows are.</summary>
    private static string Identity(SqlNames names) =>
        $"""
        (
              SELECT log.epoch::text || '/'::text || {IdOf(names.Entries)} || '/'::text || {IdOf(names.Invalidations)}
              FROM {names.Invalidations} AS log
              WHERE log.epoch IS NOT NULL
                AND log.transaction = '0'::xid8
                AND greatest(log.horizon, log.pruned_to) <= {Future}
            )
        """;

    private static string BytesOf(string column) =>
        $"CASE WHEN pg_catalog.pg_column_size(news.{column}) <= {MostStoredBytes} THEN octet_length(pg_catalog.array_send(news.{column}))::bigint WHEN news.{column} IS NULL THEN 0 ELSE {MostBytes + 1} END";

    private static string IdOf(string table) =>
        $"{SqlNames.Literal(table)}::regclass::oid::text";
}
