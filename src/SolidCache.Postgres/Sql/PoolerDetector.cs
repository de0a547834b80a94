using System.Runtime.CompilerServices;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Decides whether statements may be prepared on a connection. Behind a transaction pooler that does not keep the prepared
/// statements of its clients apart (PgBouncer before 1.21), their names collide and another statement than the one sent runs, without
/// any error. A pooler shows by answering with a backend's process id that is not the one it reported when the connection was made.
/// </summary>
internal sealed class PoolerDetector(bool poolerSupportsPreparedStatements, bool ownsConnections, bool announces, ServerClock clock, TableName table, Log log)
{
    /// <remarks>
    /// On a connection of its own that no pooler stands before, the cache rules out plans that read the whole table: PostgreSQL keeps those that it made while
    /// the table was tiny. JIT goes with it, since the plans that have no other way count as dear. And it looks names up in pg_catalog alone from then on,
    /// whatever others have made elsewhere; this statement, which comes before that, leaves nothing to the search_path, its operators included. It asks the function
    /// behind pg_stat_activity, since to plan that view on a new connection takes as long as all the rest of this statement. A node that tells others of its writes by
    /// itself says so to the triggers that log them.
    /// </remarks>
    private const string Question =
        """
        /* solid_cache:pooler */
        SELECT
          pg_catalog.pg_backend_pid()::bigint,
          (extract(epoch FROM pg_catalog.clock_timestamp()) OPERATOR(pg_catalog.*) 1000000.0)::bigint,
          (
            SELECT (extract(epoch FROM backend_start) OPERATOR(pg_catalog.*) 1000000.0)::bigint
            FROM pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())
          ),
          CASE WHEN $2 AND pg_catalog.pg_backend_pid()::bigint OPERATOR(pg_catalog.=) $1 THEN pg_catalog.concat(
            pg_catalog.set_config('enable_seqscan', 'off', false),
            pg_catalog.set_config('jit', 'off', false),
            pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false),
            pg_catalog.set_config('solid_cache.announced', $3, false))
          END
        """;

    /// <remarks>By what Npgsql keeps for each connection, and not by the process id: a server that begins anew gives those out a second time.</remarks>
    private readonly ConditionalWeakTable<IReadOnlyDictionary<string, string>, Backend> _known = [];
    private int _warned;

    /// <summary>Tells a session who serves it, and whether it may prepare.</summary>
    public void Look(Session session)
    {
        var connection = session.Connection.PostgresParameters;
        if (clock.IsOld || !_known.TryGetValue(connection, out var backend))
        {
            backend = Ask(session, session.Connection.ProcessID);
            _known.AddOrUpdate(connection, backend);
        }

        session.Backend = backend;
        session.MayPrepare = backend.Started is not null || poolerSupportsPreparedStatements;
    }

    private Backend Ask(Session session, int reported)
    {
        var askedAt = clock.Now;
        var (answering, now, started) = session.QueryOne(
            static rows => (rows.BigInt(0), rows.BigInt(1), rows.BigIntOrNull(2)), Question, Parameter.BigInt(reported), Parameter.Bool(ownsConnections), Parameter.Text(announces ? "later" : ""));
        clock.Learn(now, askedAt);
        var isDirect = answering == reported;
        if (!isDirect && !poolerSupportsPreparedStatements && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            log.PoolerDetected(table);
        }

        return new(reported, isDirect ? started ?? 0 : null);
    }
}
