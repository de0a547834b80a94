using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Executes batches of writes in one round trip: a statement for each kind of write, a transaction for each statement. When a batch
/// fails for a reason that lies in an entry, its rows are executed one by one, so that nobody fails for another's.
/// </summary>
internal sealed class WriteBatchExecutor : IBatchExecutor<KeyWrite>
{
    private readonly ConnectionSource _connections;
    private readonly WriteQueue _queue;
    private readonly CacheTelemetry _telemetry;
    private readonly Log _log;
    private readonly LaneSession _session;
    private readonly SetRows _relaxed;
    private readonly SetRows _durable;
    private readonly KeyRows _removed;
    private readonly KeyRows _touched;
    private readonly BatchRows[] _all;

    /// <summary>The statements that went together, if there were several.</summary>
    private readonly Dictionary<BatchRows, NpgsqlBatchCommand> _together = [];

    public WriteBatchExecutor(ConnectionSource connections, EntryStatements statements, WriteQueue queue, CacheTelemetry telemetry, Log log)
    {
        (_connections, _queue, _telemetry, _log) = (connections, queue, telemetry, log);
        _session = new(connections);
        _relaxed = new(statements.RelaxedWrite, statements.RelaxedWriteMany);
        _durable = new(statements.DurableWrite, statements.DurableWriteMany);
        _removed = new(statements.Remove, statements.RemoveMany, hasDeadline: true);
        _touched = new(statements.TouchUnlessLocked, statements.TouchMany, hasDeadline: false);
        _all = [_relaxed, _durable, _removed, _touched];
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    public async Task ExecuteAsync(List<KeyWrite> batch)
    {
        // Every statement locks its rows in the order of their keys, or batches of two nodes that share keys would deadlock.
        batch.Sort(static (one, other) => one.Winner.Key.CompareTo(other.Winner.Key));
        try
        {
            await SendAsync(batch).ConfigureAwait(false);
            End(batch, error: null);
        }
        catch (NpgsqlException error) when (LiesInEntries(error))
        {
            _telemetry.WriteRetried();
            if (LateWrite.IsReportedBy(error))
            {
                // Either one of them was late, or the server has turned its clock: the next look will tell.
                _connections.Clock.Forget();
            }
            else if (error.SqlState == PostgresErrorCodes.IdleSessionTimeout)
            {
                await _session.RestAsync().ConfigureAwait(false);
            }

            // What others have seen is not written again: it would undo what they have written since.
            var done = batch.FindAll(TookEffect);
            var undone = batch.FindAll(write => !TookEffect(write));
            _telemetry.Touched(done.Count(static write => write.Winner.Kind == WriteKind.Touch));
            End(done, error: null);
            foreach (var write in undone)
            {
                await ExecuteAloneAsync([write]).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            await FailAsync(batch, error).ConfigureAwait(false);
        }
    }

    public void GiveUp() => _session.GiveUp();

    public Task RestAsync() => _session.RestAsync();

    /// <summary>Whether the server has said what a statement did; Npgsql names the one that failed only where the connection string wants it.</summary>
    private static bool HasEnded(NpgsqlBatchCommand statement) => statement.StatementType != StatementType.Unknown;

    /// <summary>Also what another transaction's locks brought about: one by one, each row locks only itself.</summary>
    private static bool LiesInAnEntry(PostgresException error) =>
        error.SqlState[..2] is "21" or "22" or "23" or "54" || error.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction || Failure.MayWriteAgain(error);

    /// <summary>More than one statement of a batch may have failed. One that ended and failed all the same did so at its commit, and nobody knows which it was.</summary>
    private bool LiesInEntries(NpgsqlException error)
    {
        Exception[] errors = error.InnerException is AggregateException several ? [.. several.InnerExceptions] : [error];
        return Array.TrueForAll(errors, static one => one is PostgresException single && LiesInAnEntry(single))
            && (_together.Count == 0 || _together.Values.Count(HasEnded) + errors.Length <= _together.Count);
    }

    /// <summary>Whether a write is on record although its batch failed: each of the statements that went together is a transaction of its own.</summary>
    private bool TookEffect(KeyWrite write) => _together.TryGetValue(RowsOf(write), out var statement) && HasEnded(statement);

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    private async Task ExecuteAloneAsync(List<KeyWrite> write)
    {
        try
        {
            await SendAsync(write).ConfigureAwait(false);
            End(write, error: null);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction && write[0].Winner.Kind == WriteKind.Touch)
        {
            _log.TouchSkipped(error.SqlState);
            End(write, error: null);
        }
        catch (Exception error)
        {
            await FailAsync(write, error).ConfigureAwait(false);
        }
    }

    private async Task FailAsync(List<KeyWrite> batch, Exception error)
    {
        await _session.RestAsync().ConfigureAwait(false);
        End(batch, _connections.Explained(error));
    }

    private void End(List<KeyWrite> batch, Exception? error) => _queue.End(CollectionsMarshal.AsSpan(batch), error);

    private async ValueTask SendAsync(List<KeyWrite> batch)
    {
        _together.Clear();
        try
        {
            foreach (var write in batch)
            {
                RowsOf(write).Add(write.Winner);
            }

            var session = await _session.GetAsync().ConfigureAwait(false);
            var deadline = _connections.DeadlineOf(batch.Min(static write => write.Began));
            Array.ForEach(_all, rows => rows.Deadline = deadline);
            await session.RunAsync(this, static (session, executor, _) => executor.SendAsync(session), _session.Token).ConfigureAwait(false);
            _telemetry.Touched(_touched.Count);
        }
        finally
        {
            Array.ForEach(_all, static rows => rows.Clear());
        }
    }

    private BatchRows RowsOf(KeyWrite write) => write.Winner.Kind switch
    {
        WriteKind.Remove => _removed,
        WriteKind.Touch => _touched,
        _ => write.IsDurable ? _durable : _relaxed,
    };

    private async ValueTask<bool> SendAsync(Session session)
    {
        var used = Array.FindAll(_all, static rows => rows.Count > 0);
        if (used is [var only])
        {
            await only.ExecuteAsync(session, _session.Token).ConfigureAwait(false);
            return true;
        }

        using var commands = session.Batch();
        foreach (var rows in used)
        {
            commands.BatchCommands.Add(_together[rows] = rows.ToBatchCommand());
        }

        if (session.MayPrepare)
        {
            await commands.PrepareAsync(_session.Token).ConfigureAwait(false);
        }

        await commands.ExecuteNonQueryAsync(_session.Token).ConfigureAwait(false);
        return true;
    }
}
