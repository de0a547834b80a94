using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>What becomes of writes that failed, and who hears of it: the breakers, and the keys whose last write may take effect still.</summary>
internal sealed class WriteFailures(
    ConnectionSource connections, WriteQueue queue, CircuitBreaker writes, CircuitBreaker room, BackendEnd ends, Action<Exception> unexpected, CallClock clock, Log log)
{
    /// <summary>How long after its deadline a write of an unknown process counts as impossible: it looks at the clock, and then commits.</summary>
    private static readonly TimeSpan CommitsWithin = TimeSpan.FromMilliseconds(100);

    public long Successes => writes.Successes;

    /// <summary>A session for a lane of writes.</summary>
    public LaneSession NewSession() => new(connections, writes);

    public static bool IsOfServer(Exception error) =>
        error is NpgsqlException or TimeoutException or IOException or InvalidOperationException or SolidCacheException;

    /// <summary>An error that is not the server's.</summary>
    public void Unexpected(Exception error) => unexpected(error);

    /// <summary>The server executed writes of a kind. Where it stored sets there is room.</summary>
    public void Executed(WriteKind kind)
    {
        writes.Served();
        if (kind.Stores())
        {
            room.Served();
        }
    }

    /// <summary>The server refused them for the sake of a row, of which it says nothing else.</summary>
    public void Answered() => writes.Answered();

    public void Hung(long servedBefore, Backend? backend)
    {
        writes.Hung(clock.OutOfTime(), servedBefore);
        ends.CancelHanging(backend);
    }

    /// <summary>The error as each caller of a batch sees it; null for touches that may be left out.</summary>
    public Func<Exception>? Judged(Exception error, WriteKind kind, LaneSession session)
    {
        if (kind == WriteKind.Touch && (ServerErrors.MaySkipTouch(error) || ServerErrors.IsLocked(error) || ServerErrors.IsUndone(error)))
        {
            log.TouchSkipped((error as PostgresException)?.SqlState);
            return null;
        }

        var explained = connections.Explained(error);
        if (ServerErrors.IsDiskFull(error))
        {
            room.Failed(error);
            writes.Served();
        }
        else if (explained is Outage outage)
        {
            writes.Failed(outage.Cause, session.CountedBefore);
        }
        else if (ServerErrors.IsAnswer(error))
        {
            writes.Served();
        }

        return () => connections.Explained(error);
    }

    /// <summary>
    /// Gives up the session on which a batch has failed, if it is of no use any more; and answers the batch if it may take effect still. Then its keys are kept
    /// until the server's process is gone that may execute it, or refuses it; where that process is not known, until the deadline.
    /// </summary>
    /// <returns>Whether the batch has its answer.</returns>
    public bool EndsInDoubt(List<KeyWrite> batch, Exception error, LaneSession session, bool mayTakeEffect)
    {
        var backend = session.Backend;
        long? countedBefore = session.CountedBefore;
        session.RestAfter(error);
        if (!mayTakeEffect)
        {
            return false;
        }

        var deadline = clock.DeadlineOf(batch.Min(static write => write.Began), CommitsWithin);
        var hold = queue.EndInDoubt(batch, Judged(error, batch[0].Kind, session) ?? (() => connections.Explained(error)), until: long.MaxValue);
        var isLookedAfter = ends.TryEnd(backend, deadline, Away, ended: () => queue.Release(hold));
        if (!isLookedAfter)
        {
            queue.Release(hold, deadline);
        }

        return true;

        void Away(Exception cause)
        {
            // The first look may have met a connection that broke with the batch's own.
            writes.Failed(cause, countedBefore ?? writes.Counted);
            countedBefore = null;
        }
    }
}
