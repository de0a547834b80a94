using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Sweeping;

/// <summary>The statements of a sweep, composed once for a table.</summary>
internal sealed class SweepStatements
{
    public SweepStatements(SqlNames names)
    {
        // The file tells whether somebody has rewritten the table meanwhile.
        var file = $"pg_catalog.pg_relation_filenode({SqlNames.Literal(names.Entries)}::regclass)::bigint";
        // Whoever has swept by hand and not committed yet has the state's row locked, and his record stands for this one.
        var isFree = $"ctid = ANY (ARRAY(SELECT ctid FROM {names.State} FOR UPDATE SKIP LOCKED))";
        BlockCount =
            $"""
            /* solid_cache:sweep_size */
            SELECT
              {file},
              pg_catalog.pg_relation_size({SqlNames.Literal(names.Entries)}::regclass) / current_setting('block_size')::bigint,
              current_setting('block_size')::bigint
            """;

        IsReadOnly = "/* solid_cache:sweep_read_only */ SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean";

        HasState = $"/* solid_cache:sweep_state */ SELECT EXISTS (SELECT FROM {names.State})";

        // One node sweeps at a time, and none does when a pass finished lately. The row itself is the lock: taking it is one update. A time that lies in
        // the future was recorded by a clock that has been turned back since, or by hand, and counts as none.
        AcquireLease =
            $"""
            /* solid_cache:sweep_acquire */
            UPDATE {names.State}
            SET sweep_holder = $1,
                sweep_lease_ends_at = now() + $2::float8 * interval '1 microsecond',
                sweep_next_block = CASE WHEN sweep_file = {file} THEN sweep_next_block ELSE 0 END
            WHERE ctid = ANY (ARRAY(
              SELECT ctid
              FROM {names.State}
              WHERE (sweep_lease_ends_at IS NULL OR sweep_lease_ends_at < now() OR sweep_holder = $1
                  OR sweep_lease_ends_at > now() + $2::float8 * interval '1 microsecond')
                AND (last_sweep_finished_at IS NULL OR last_sweep_finished_at > now()
                  OR last_sweep_finished_at <= now() - $3::float8 * interval '1 microsecond')
              FOR UPDATE SKIP LOCKED
            ))
            RETURNING sweep_next_block, CASE WHEN sweep_deleted BETWEEN 0 AND 1000000000000 THEN sweep_deleted ELSE 0 END
            """;

        // Relaxed durability: a deletion that a crash undoes is an expired entry, which the next pass finds again. SKIP LOCKED: an
        // entry that somebody is replacing is not expired any more once they are done. Expired twice over: a place in a table that has others below it
        // (partitions, children) is the place of a row in each of them.
        DeleteSlice =
            $"""
            /* solid_cache:sweep */
            DELETE FROM ONLY {names.Entries} AS entry
            USING set_config('synchronous_commit', 'off', true) AS durability
            WHERE entry.ctid = ANY (ARRAY(
              SELECT ctid
              FROM ONLY {names.Entries} AS entry
              WHERE ctid >= pg_catalog.format('(%s,0)', $1)::tid
                AND ctid < pg_catalog.format('(%s,0)', $2)::tid
                AND {EntryConditions.IsGone(names)}
              FOR UPDATE SKIP LOCKED
            ))
              AND {EntryConditions.IsGone(names)}
            """;

        const string IsHeld = "sweep_holder = $1 AND sweep_lease_ends_at >= now()";
        RecordSlice =
            $"""
            /* solid_cache:sweep_progress */
            UPDATE {names.State}
            SET sweep_lease_ends_at = now() + $2::float8 * interval '1 microsecond',
                sweep_next_block = $3,
                sweep_deleted = $4,
                sweep_file = $5
            FROM set_config('synchronous_commit', 'off', true) AS durability
            WHERE {isFree}
              AND {IsHeld}
            """;

        Holds = $"/* solid_cache:sweep_holds */ SELECT EXISTS (SELECT FROM {names.State} WHERE {IsHeld})";

        Finish =
            $"""
            /* solid_cache:sweep_finish */
            UPDATE {names.State}
            SET sweep_holder = NULL,
                sweep_lease_ends_at = NULL,
                sweep_next_block = 0,
                sweep_deleted = 0,
                last_sweep_finished_at = now(),
                last_sweep_deleted = $2
            WHERE {isFree}
              AND sweep_holder = $1
            """;

        Release =
            $"""
            /* solid_cache:sweep_release */
            UPDATE {names.State}
            SET sweep_holder = NULL,
                sweep_lease_ends_at = NULL
            WHERE {isFree}
              AND sweep_holder = $1
            """;

        // Who uses no tags needs no right on their removals.
        MayForgetTagRemovals = $"/* solid_cache:sweep_rights */ SELECT pg_catalog.has_table_privilege({SqlNames.Literal(names.TagRemovals)}, 'DELETE')";

        MayPruneInvalidations = $"/* solid_cache:sweep_log_rights */ SELECT pg_catalog.has_table_privilege({SqlNames.Literal(names.Invalidations)}, 'DELETE')";
        Invalidations = new(names);

        ForgetTagRemovals =
            $"""
            /* solid_cache:sweep_tag_removals */
            {EntryConditions.ForgetTagRemovals(names)}
            """;

        RecordManualSweep =
            $"""
            /* solid_cache:sweep_manual */
            UPDATE {names.State}
            SET last_sweep_finished_at = now(),
                last_sweep_deleted = $1
            WHERE {isFree}
            """;
    }

    public string BlockCount { get; }

    public string IsReadOnly { get; }

    public string HasState { get; }

    public string AcquireLease { get; }

    public string DeleteSlice { get; }

    public string RecordSlice { get; }

    public string Holds { get; }

    public string Finish { get; }

    public string Release { get; }

    public string MayForgetTagRemovals { get; }

    public string MayPruneInvalidations { get; }

    public InvalidationStatements Invalidations { get; }

    public string ForgetTagRemovals { get; }

    public string RecordManualSweep { get; }
}
