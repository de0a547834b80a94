using System.Collections.Concurrent;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Decides whether statements may be prepared on a connection. Behind a transaction pooler that does not keep the prepared
/// statements of its clients apart (PgBouncer before 1.21), their names collide and another statement than the one sent runs, without
/// any error. A pooler shows by answering with a backend's process id that is not the one it reported when the connection was made.
/// </summary>
internal sealed class PoolerDetector(bool poolerSupportsPreparedStatements, ServerClock clock, TableName table, Log log)
{
    /// <summary>Checked connections that are remembered; beyond, all are checked again.</summary>
    private const int MaxRemembered = 4_096;
    private const string Question = "/* solid_cache:pooler */ SELECT pg_backend_pid()::bigint, (extract(epoch FROM clock_timestamp()) * 1000000.0)::bigint";
    private readonly ConcurrentDictionary<int, bool> _isDirect = new();
    private int _warned;

    public async ValueTask<bool> MayPrepareAsync(Session session, CancellationToken cancellationToken)
    {
        var reported = session.Connection.ProcessID;
        var isKnown = _isDirect.TryGetValue(reported, out var isDirect);
        if (!clock.IsOld && (isKnown || poolerSupportsPreparedStatements))
        {
            return isDirect || poolerSupportsPreparedStatements;
        }

        isDirect = await AskAsync(session, cancellationToken).ConfigureAwait(false) == reported;
        if (poolerSupportsPreparedStatements)
        {
            return true;
        }

        if (_isDirect.Count >= MaxRemembered)
        {
            _isDirect.Clear();
        }

        _isDirect[reported] = isDirect;
        if (!isDirect && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            log.PoolerDetected(table);
        }

        return isDirect;
    }

    /// <summary>The id of the process that answers; and what time it is there.</summary>
    private async ValueTask<long> AskAsync(Session session, CancellationToken cancellationToken)
    {
        var rows = await session.Planned(Question).QueryAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
            var backend = rows.BigInt(0);
            clock.Learn(rows.BigInt(1));
            return backend;
        }
    }
}
