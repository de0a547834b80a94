using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>Executes batches of reads: one value as a one-row statement, many as one statement that fetches each key once.</summary>
internal sealed class ReadBatchExecutor : IBatchExecutor<ReadRequest>
{
    /// <summary>How often a batch is sent in all. A pool may hold several connections that the server has closed.</summary>
    private const int MostSends = 4;

    private readonly ConnectionSource _connections;
    private readonly ReadQueue _queue;
    private readonly CircuitBreaker _breaker;
    private readonly BackendEnd _ends;
    private readonly Action _tooLarge;
    private readonly CallClock _clock;
    private readonly CacheTelemetry _telemetry;
    private readonly LaneSession _session;
    private readonly ReadRows _rows;
    private readonly ReadAnswers _answers;
    private long _servedBefore;

    public ReadBatchExecutor(
        ConnectionSource connections, EntryStatements statements, ReadQueue queue, CircuitBreaker breaker, BackendEnd ends, Action<CacheKey, long> touch, Action tooLarge, CallClock clock, CacheTelemetry telemetry)
    {
        (_connections, _queue, _breaker, _ends, _tooLarge, _clock, _telemetry) = (connections, queue, breaker, ends, tooLarge, clock, telemetry);
        _session = new(connections, breaker);
        _rows = new(statements, clock);
        _answers = new(touch);
    }

    public void Execute(List<ReadRequest> batch)
    {
        Volatile.Write(ref _servedBefore, _breaker.Successes);
        _telemetry.ReadBatch(batch.Count);
        for (var sends = 1; ; sends++)
        {
            try
            {
                if (IsOfLeases(batch))
                {
                    SendLeases(batch);
                }
                else
                {
                    Send(batch);
                }

                _breaker.Served();
                End(batch, error: null);
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or InvalidOperationException or SolidCacheException)
            {
                _session.RestAfter(error);
                _session.Rest();
                if (!MaySendAgain(error) || (sends >= MostSends && !ServerErrors.IsUndone(error) && !ServerErrors.IsLocked(error)) || _clock.IsOver(batch[0].Began))
                {
                    End(batch, Judged(error));
                    return;
                }

                _telemetry.ReadRetried();
            }
        }
    }

    public void Fail(List<ReadRequest> batch, Exception error)
    {
        _session.RestAfter(error);
        End(batch, () => _connections.Explained(error));
    }

    public void GiveUp(List<ReadRequest> batch)
    {
        _breaker.Hung(_clock.OutOfTime(), Volatile.Read(ref _servedBefore));
        _ends.CancelHanging(_session.Backend);
    }

    public void Rest() => _session.Rest();

    /// <summary>A read changes nothing. What ran out of time is not sent again, nor what the server refuses for a while.</summary>
    private static bool MaySendAgain(Exception error) => error switch
    {
        NpgsqlException { InnerException: TimeoutException } => false,
        PostgresException { SqlState: "57014" } => false,
        NpgsqlException => ServerErrors.IsUndone(error) || ServerErrors.IsLocked(error) || ServerErrors.IsOutage(error),
        _ => false,
    };

    private Func<Exception> Judged(Exception error)
    {
        var explained = _connections.Explained(error);
        if (explained is Outage outage)
        {
            _breaker.Failed(outage.Cause, _session.CountedBefore);
        }
        else if (ServerErrors.IsAnswer(error))
        {
            _breaker.Served();
        }

        return () => _connections.Explained(error);
    }

    private void End(List<ReadRequest> batch, Func<Exception>? error)
    {
        _answers.Clear();
        _queue.End(batch);
        foreach (var request in batch)
        {
            if (error is not null)
            {
                request.Fail(error());
            }

            request.Release();
        }
    }

    private static bool IsOfLeases(List<ReadRequest> batch) => batch[0].Kind is ReadKind.Lease or ReadKind.LeaseRenewal;

    /// <summary>
    /// Each asks on his own terms, so that those of one key are asked for one after another. What the server refuses is no lease, and nobody's failure. Of a row that somebody has inserted and not committed it says no more than that one is
    /// locked, so that they are asked for in halves.
    /// </summary>
    private void SendLeases(List<ReadRequest> batch)
    {
        List<ReadRequest> firsts = [.. batch.DistinctBy(static request => request.Key)];
        if (firsts.Count < batch.Count)
        {
            SendLeases(firsts);
            SendLeases([.. batch.Except(firsts)]);
            return;
        }

        try
        {
            Send(batch);
        }
        catch (PostgresException error) when (ServerErrors.IsLocked(error) && batch.Count > 1)
        {
            var half = batch.Count / 2;
            SendLeases(batch[..half]);
            SendLeases(batch[half..]);
        }
        catch (PostgresException error) when (ServerErrors.RefusesWrites(error))
        {
            _session.RestAfter(error);
            foreach (var request in batch)
            {
                ReadAnswers.Complete(request, ServerErrors.IsLocked(error) ? ReadValue.Locked : default);
            }
        }
    }

    private void Send(List<ReadRequest> batch)
    {
        if (!_answers.Collect(batch))
        {
            return;
        }

        var kind = batch[0].Kind;
        using (var rows = _rows.Send(_session.Get(), kind, _answers.Open))
        {
            while (rows.Read())
            {
                if (!_answers.TryTake(rows.Text(0), out var request))
                {
                    throw StatementMixUp.Detected();
                }

                var value = _rows.Read(kind, rows);
                if (value.IsUnwanted)
                {
                    _tooLarge();
                }

                _answers.Add(request, value);
            }
        }

        _answers.Finish();
    }
}
