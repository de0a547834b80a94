using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>The rows of one batch, by the statement that each belongs to.</summary>
internal sealed class WriteRows
{
    private readonly SetRows _relaxed;
    private readonly SetRows _durable;
    private readonly KeyRows _removed;
    private readonly KeyRows _touched;
    private readonly BatchRows[] _all;

    /// <summary>The statements that went together last, if there were several.</summary>
    private readonly Dictionary<BatchRows, NpgsqlBatchCommand> _together = [];

    public WriteRows(EntryStatements statements)
    {
        _relaxed = new(statements.RelaxedWrite, statements.RelaxedWriteMany);
        _durable = new(statements.DurableWrite, statements.DurableWriteMany);
        _removed = new(statements.Remove, statements.RemoveMany, hasDeadline: true);
        _touched = new(statements.TouchUnlessLocked, statements.TouchMany, hasDeadline: false);
        _all = [_relaxed, _durable, _removed, _touched];
    }

    public void Add(KeyWrite write) => RowsOf(write).Add(write.Winner);

    public void Clear() => Array.ForEach(_all, static rows => rows.Clear());

    /// <summary>Whether a write is on record although its batch failed: each of the statements that went together is a transaction of its own.</summary>
    public bool TookEffect(KeyWrite write) => _together.TryGetValue(RowsOf(write), out var statement) && HasEnded(statement);

    /// <summary>
    /// Whether so many errors are those of statements of which the server has not said what they did. One that ended and failed all the same did so at its
    /// commit, and nobody knows which it was.
    /// </summary>
    public bool Explains(int errors) => _together.Count == 0 || _together.Values.Count(HasEnded) + errors <= _together.Count;

    /// <summary>Sends all of them in one round trip: a statement for each kind of write, a transaction for each statement.</summary>
    /// <param name="session">Open.</param>
    /// <param name="deadline">By the server's clock.</param>
    /// <param name="cancellationToken">Ends the wait for the server.</param>
    /// <returns>How many of the rows were touches.</returns>
    public async ValueTask<int> SendAsync(Session session, long deadline, CancellationToken cancellationToken)
    {
        _together.Clear();
        Array.ForEach(_all, rows => rows.Deadline = deadline);
        var used = Array.FindAll(_all, static rows => rows.Count > 0);
        if (used is [var only])
        {
            await only.ExecuteAsync(session, cancellationToken).ConfigureAwait(false);
            return _touched.Count;
        }

        using var commands = session.Batch();
        foreach (var rows in used)
        {
            commands.BatchCommands.Add(_together[rows] = rows.ToBatchCommand());
        }

        if (session.MayPrepare)
        {
            await commands.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }

        await commands.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        return _touched.Count;
    }

    /// <summary>Whether the server has said what a statement did; Npgsql names the one that failed only where the connection string wants it.</summary>
    private static bool HasEnded(NpgsqlBatchCommand statement) => statement.StatementType != StatementType.Unknown;

    private BatchRows RowsOf(KeyWrite write) => write.Winner.Kind switch
    {
        WriteKind.Remove => _removed,
        WriteKind.Touch => _touched,
        _ => write.IsDurable ? _durable : _relaxed,
    };
}
