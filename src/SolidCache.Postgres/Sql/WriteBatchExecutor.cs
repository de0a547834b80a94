using System.Diagnostics.CodeAnalysis;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// Executes batches of writes in one round trip: a statement for each kind of write, a transaction for each statement. When a batch
/// fails for a reason that lies in an entry, its rows are executed one by one, so that nobody fails for another's.
/// </summary>
internal sealed class WriteBatchExecutor(ConnectionSource connections, EntryStatements statements, WriteQueue queue, Log log)
    : IBatchExecutor<KeyWrite>
{
    private readonly LaneSession _session = new(connections);
    private readonly SetRows _relaxed = new();
    private readonly SetRows _durable = new();
    private readonly List<string> _removed = [];
    private readonly List<string> _touched = [];

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    public async Task ExecuteAsync(List<KeyWrite> batch)
    {
        if (batch.Count == 1)
        {
            await ExecuteAloneAsync(batch[0]).ConfigureAwait(false);
            return;
        }

        try
        {
            await ExecuteTogetherAsync(await _session.GetAsync().ConfigureAwait(false), batch).ConfigureAwait(false);
            foreach (var write in batch)
            {
                queue.End(write, error: null);
            }
        }
        catch (NpgsqlException error) when (LiesInEntries(error))
        {
            foreach (var write in batch)
            {
                await ExecuteAloneAsync(write).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            await FailAsync(batch, error).ConfigureAwait(false);
        }
        finally
        {
            _relaxed.Clear();
            _durable.Clear();
            _removed.Clear();
            _touched.Clear();
        }
    }

    public Task RestAsync() => _session.RestAsync();

    /// <summary>More than one statement of a batch may have failed.</summary>
    private static bool LiesInEntries(NpgsqlException error) => error switch
    {
        PostgresException single => LiesInAnEntry(single),
        { InnerException: AggregateException several } => several.InnerExceptions.All(one => one is PostgresException single && LiesInAnEntry(single)),
        _ => false,
    };

    /// <summary>Also what another transaction's locks brought about: one by one, each row locks only itself.</summary>
    private static bool LiesInAnEntry(PostgresException error) =>
        error.SqlState[..2] is "21" or "22" or "23" or "54"
        || error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.ReadOnlySqlTransaction;

    private async Task FailAsync(IEnumerable<KeyWrite> writes, Exception error)
    {
        await _session.RestAsync().ConfigureAwait(false);
        var explained = connections.Explained(error);
        foreach (var write in writes)
        {
            queue.End(write, explained);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever happens is the answer of those who wait.")]
    private async Task ExecuteAloneAsync(KeyWrite write)
    {
        try
        {
            var session = await _session.GetAsync().ConfigureAwait(false);
            await Alone(session, write).ExecuteAsync(CancellationToken.None).ConfigureAwait(false);
            queue.End(write, error: null);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.ReadOnlySqlTransaction && write.Winner.Kind == WriteKind.Touch)
        {
            log.TouchSkipped(error.SqlState);
            queue.End(write, error: null);
        }
        catch (Exception error)
        {
            await FailAsync([write], error).ConfigureAwait(false);
        }
    }

    private SqlCall Alone(Session session, KeyWrite write)
    {
        var key = Parameter.Text(write.Winner.Key.Stored);
        return write.Winner.Kind switch
        {
            WriteKind.Remove => session.Prepared(statements.Remove, key),
            WriteKind.Touch => session.Prepared(statements.TouchUnlessLocked, key),
            _ => session.Prepared(
                write.IsDurable ? statements.DurableWrite : statements.RelaxedWrite,
                key,
                Parameter.BigIntOrNull(write.Winner.Expiration.AbsoluteMicroseconds),
                Parameter.BigIntOrNull(write.Winner.Expiration.SlidingMicroseconds),
                Parameter.Bytes(write.Winner.Value)),
        };
    }

    private async ValueTask ExecuteTogetherAsync(Session session, List<KeyWrite> batch)
    {
        foreach (var write in batch)
        {
            switch (write.Winner.Kind)
            {
                case WriteKind.Remove:
                    _removed.Add(write.Winner.Key.Stored);
                    break;
                case WriteKind.Touch:
                    _touched.Add(write.Winner.Key.Stored);
                    break;
                default:
                    (write.IsDurable ? _durable : _relaxed).Add(write.Winner);
                    break;
            }
        }

        using var commands = session.Batch();
        AddSets(commands, statements.RelaxedWriteMany, _relaxed);
        AddSets(commands, statements.DurableWriteMany, _durable);
        AddKeys(commands, statements.RemoveMany, _removed);
        AddKeys(commands, statements.TouchMany, _touched);
        if (session.MayPrepare)
        {
            await commands.PrepareAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await commands.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
    }

    private static void AddSets(NpgsqlBatch commands, string sql, SetRows rows)
    {
        if (rows.Keys.Count > 0)
        {
            commands.BatchCommands.Add(new NpgsqlBatchCommand(sql)
            {
                Parameters =
                {
                    Parameter.Texts(rows.Keys),
                    Parameter.BigInts(rows.Absolutes),
                    Parameter.BigInts(rows.Slidings),
                    Parameter.BytesOfMany(rows.Values),
                },
            });
        }
    }

    private static void AddKeys(NpgsqlBatch commands, string sql, List<string> keys)
    {
        if (keys.Count > 0)
        {
            commands.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Parameter.Texts(keys) } });
        }
    }
}
