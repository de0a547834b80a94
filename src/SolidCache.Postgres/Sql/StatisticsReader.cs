namespace SolidCache.Postgres.Sql;

/// <summary>
/// Counts a small table by a scan and a large one by a sample of its blocks, so that a health probe costs the same on any size.
/// </summary>
internal sealed class StatisticsReader
{
    /// <summary>The heap of a small table, 16 MB of 8 KB blocks: scanned in about 15 ms. Large values lie in TOAST and are not read.</summary>
    private const int SmallTableBlocks = 2_048;
    private const int SampledBlocks = 128;

    /// <summary>More rows than a block can hold, even one of 32 KB.</summary>
    private const int MaxRowsOfABlock = 1_200;

    private readonly string _size;
    private readonly string _count;
    private readonly string _sample;

    public StatisticsReader(SqlNames names)
    {
        var entries = SqlNames.Literal(names.Entries);
        // A lease without a value has expired at '-infinity', and is no entry.
        var counts =
            $"""
            count(*) FILTER (WHERE expires_at > '-infinity') AS total,
                count(*) FILTER (WHERE isfinite(expires_at) AND expires_at <= now()) AS expired,
                count(*) FILTER (WHERE isfinite(expires_at) AND {EntryConditions.IsOfUseUntil("entry")} <= now() - $1::float8 * interval '1 microsecond') AS overdue,
                sum(octet_length(key) + {EntryConditions.StoredBytes("entry")}) FILTER (WHERE expires_at > now()) AS bytes
            """;

        _size =
            $"""
            /* solid_cache:size */
            SELECT
              pg_catalog.pg_relation_size({entries}::regclass) / current_setting('block_size')::bigint,
              pg_catalog.pg_total_relation_size({entries}::regclass),
              (SELECT CASE WHEN isfinite(last_sweep_finished_at) THEN (extract(epoch FROM now() - last_sweep_finished_at) * 1000000.0)::bigint END FROM {names.State} LIMIT 1)
            """;
        _count =
            $"""
            /* solid_cache:count */
            SELECT total, expired, overdue, coalesce(bytes, 0)::bigint
            FROM (
              SELECT {counts}
              FROM ONLY {names.Entries} AS entry
            ) AS counts
            """;

        // Blocks at equal distances, always the same ones: chance would tell another number each time, and a health check that goes by it would flap.
        // Each block is a TID range scan of its own; the bounds are parameters of the lateral subquery, which is planned by itself. The
        // limit cuts no row off: it tells the planner how few there are, or it would compile the query (JIT), which takes 250 ms.
        _sample =
            $"""
            /* solid_cache:sample */
            SELECT
              sum(total)::bigint,
              sum(expired)::bigint,
              sum(overdue)::bigint,
              coalesce(sum(bytes), 0)::bigint
            FROM (
              SELECT (($2 * (2 * number + 1)) / {2 * SampledBlocks})::bigint AS number
              FROM generate_series(0, {SampledBlocks - 1}) AS number
            ) AS block
            CROSS JOIN LATERAL (
              SELECT {counts}
              FROM (
                SELECT expires_at, stale_for, lease_ends_at, key, value, compressed
                FROM ONLY {names.Entries}
                WHERE ctid >= pg_catalog.format('(%s,0)', block.number)::tid
                  AND ctid < pg_catalog.format('(%s,0)', block.number + 1)::tid
                LIMIT {MaxRowsOfABlock}
              ) AS entry
            ) AS counts
            """;
    }

    /// <summary>One that lies in the future, of a clock that was ahead, counts as none; one that has just ended may be later than the start of this statement.</summary>
    private static TimeSpan? AgeOf(long? microseconds) => microseconds is { } age and > -1_000_000 ? TimeSpan.FromMicroseconds(Math.Max(age, 0)) : null;

    public SolidCacheStatistics Read(Session session, TimeSpan overdueAfter)
    {
        var (blocks, size, sweepAge) = session.QueryOne(
            static rows => (rows.BigInt(0), rows.BigInt(1), AgeOf(rows.BigIntOrNull(2))), _size);
        var isSmall = blocks <= SmallTableBlocks;
        var scale = isSmall ? 1 : (double)blocks / SampledBlocks;
        var overdue = Parameter.BigInt((long)overdueAfter.TotalMicroseconds);
        return isSmall ? session.QueryOne(Counted, _count, overdue) : session.QueryOne(Counted, _sample, overdue, Parameter.BigInt(blocks));

        SolidCacheStatistics Counted(RowReader rows) => new()
        {
            TotalEntries = Scaled(rows.BigInt(0)),
            ExpiredEntries = Scaled(rows.BigInt(1)),
            OverdueEntries = Scaled(rows.BigInt(2)),
            LiveBytes = Scaled(rows.BigInt(3)),
            TotalSizeBytes = size,
            IsEstimate = !isSmall,
            TimeSinceLastSweep = sweepAge,
        };

        long Scaled(long count) => (long)(count * scale);
    }
}
