using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Ends the server's processes whose connection broke while they executed a statement, so that a write of which nobody knows whether it takes effect cannot do
/// so later; and cancels statements that hang, so that a lane gets its thread back. It touches nothing but processes that the cache used itself.
/// </summary>
internal sealed class BackendEnd(SideWork work, CallClock clock, CacheLife life)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    /// <remarks>What has written or locked anything has a transaction's id; without one it has not come to the look at its deadline.</remarks>
    public const string EndIfSame =
        """
        /* solid_cache:end_backend */
        SELECT backend_start IS NULL OR NOT pg_terminate_backend(pid, 500::bigint), backend_xid IS NOT NULL
        FROM pg_catalog.pg_stat_activity
        WHERE pid = $1
          AND (backend_start IS NULL OR (extract(epoch FROM backend_start) * 1000000.0)::bigint = $2)
        """;

    public const string CancelIfHanging =
        """
        /* solid_cache:cancel_hanging */
        SELECT pg_cancel_backend(pid)
        FROM pg_catalog.pg_stat_activity
        WHERE pid = $1
          AND (extract(epoch FROM backend_start) * 1000000.0)::bigint = $2
          AND state = 'active'
          AND query LIKE '/* solid_cache:%'
          AND query_start < now() - interval '900 milliseconds'
        """;

    private readonly object _pause = new();

    /// <param name="backend">Whose connection broke.</param>
    /// <param name="deadline">The timestamp from which on it refuses what it has not begun to write.</param>
    /// <param name="away">Told of each time that the server could not be asked.</param>
    /// <param name="ended">Called when it is certain that nothing of it takes effect any more, however long the server is away.</param>
    /// <returns>False when that cannot be found out.</returns>
    public bool TryEnd(Backend? backend, long deadline, Action<Exception> away, Action ended) => backend is { Started: > 0 } && OwnThread.TryStart("end of a backend", () =>
    {
        while (MayTakeEffect(backend, deadline, away))
        {
            lock (_pause)
            {
                Monitor.Wait(_pause, BetweenLooks);
            }
        }

        ended();
    });

    /// <summary>
    /// Cancels the statement that a lane gave up, if it is executed still; the backend lives, since Npgsql clears the pool of an application that loses one.
    /// Where that fails, the driver gives up by itself.
    /// </summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever it is, the lane ends without it.")]
    public void CancelHanging(Backend? backend)
    {
        if (backend is { Started: { } started })
        {
            OwnThread.TryStart("cancellation", () =>
            {
                try
                {
                    work.Run(clock.Limit, session => session.Execute(CancelIfHanging, Parameter.BigInt(backend.ProcessId), Parameter.BigInt(started)));
                }
                catch (Exception)
                {
                    // The driver's own time is up soon.
                }
            });
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Where the server does not let the cache look, the deadline decides.")]
    private bool MayTakeEffect(Backend backend, long deadline, Action<Exception> away)
    {
        var isFenced = clock.Now >= deadline;
        try
        {
            return work.Run(clock.Limit, session => session.Query(
                static rows => (IsThere: rows.Bool(0), HasWritten: rows.Bool(1)),
                EndIfSame,
                Parameter.BigInt(backend.ProcessId),
                Parameter.BigInt(backend.Started!.Value))).Any(found => found.IsThere && (found.HasWritten || !isFenced));
        }
        catch (Outage outage)
        {
            away(outage.Cause);
            // Nobody is left to look for when the cache has ended.
            return !isFenced || !life.IsOver;
        }
        catch (Exception)
        {
            return !isFenced;
        }
    }
}
