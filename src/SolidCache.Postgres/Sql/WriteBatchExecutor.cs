using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Executes batches of writes, each as one statement in a transaction of its own. When others have locked rows of it, or one row is to blame for its failure,
/// the rows go on beside the lanes, so that nobody waits or fails for another's.
/// </summary>
internal sealed class WriteBatchExecutor(
    ConnectionSource connections, EntryStatements statements, WriteQueue queue, Stragglers stragglers, WriteFailures failures, CallClock clock, CacheTelemetry telemetry)
    : IBatchExecutor<KeyWrite>
{
    /// <summary>Of a batch that the server undoes because of what others do at the same time; then its rows are tried beside the lanes.</summary>
    private const int MostSends = 3;
    private readonly LaneSession _session = failures.NewSession();
    private readonly WriteRows _rows = new(statements, connections.ServerClock, clock);
    private long _servedBefore;
    private volatile bool _isSent;

    public void Execute(List<KeyWrite> batch)
    {
        Volatile.Write(ref _servedBefore, failures.Successes);
        telemetry.WriteBatch(batch.Count);
        // Every statement locks its rows in the order of their keys, or batches of two nodes that share keys would deadlock.
        batch.Sort(static (one, other) => one.Winner.Key.CompareTo(other.Winner.Key));
        for (var sends = 1; ; sends++)
        {
            var sent = default(Session);
            _isSent = false;
            try
            {
                sent = _session.Get();
                _isSent = true;
                _rows.Send(
                    sent,
                    batch,
                    connections.ServerClock.At(Oldest(batch), clock.Limit),
                    stragglers.AreThere ? WriteConditions.ShortLockWait : WriteConditions.LockWait);
                _isSent = false;
                failures.Executed(batch[0].Kind);
                if (batch[0].Kind == WriteKind.Touch)
                {
                    telemetry.Touched(batch.Count);
                }

                queue.End(batch, error: null);
                return;
            }
            catch (Exception error) when (WriteFailures.IsOfServer(error))
            {
                if (!Survives(batch, error, sent, sends))
                {
                    return;
                }

                telemetry.WriteRetried();
            }
        }
    }

    public void Fail(List<KeyWrite> batch, Exception error)
    {
        if (!failures.EndsInDoubt(batch, error, _session, _isSent))
        {
            queue.End(batch, () => connections.Explained(error));
        }
    }

    public void GiveUp(List<KeyWrite> batch)
    {
        // What goes out from here on comes after its deadline, and is refused. What has gone out may be in its commit, of which only its answer tells.
        if (!_isSent)
        {
            queue.Abandon(batch);
        }

        failures.Hung(Volatile.Read(ref _servedBefore), _session.Backend);
    }

    public void Rest() => _session.Rest();

    private static long Oldest(List<KeyWrite> batch) => batch.Min(static write => write.Began);

    /// <returns>Whether the batch is to be sent again.</returns>
    private bool Survives(List<KeyWrite> batch, Exception error, Session? sent, int sends)
    {
        if (failures.EndsInDoubt(batch, error, _session, sent is not null && sent.IsInDoubtAfter(error)))
        {
            return false;
        }

        if (ServerErrors.IsUndone(error) && sends < MostSends && !clock.IsOver(Oldest(batch)))
        {
            return true;
        }

        if (batch[0].Kind != WriteKind.Touch
            && (ServerErrors.IsLocked(error) || LateWrite.IsReportedBy(error) || ServerErrors.IsUndone(error) || (ServerErrors.LiesInARow(error) && batch.Count > 1)))
        {
            failures.Answered();
            queue.Stray(batch);
            stragglers.Add(batch);
            return false;
        }

        queue.End(batch, failures.Judged(error, batch[0].Kind, _session));
        return false;
    }
}
