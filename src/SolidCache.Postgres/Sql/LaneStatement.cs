using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>A statement that a lane executes again and again, with other values in the same parameters.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A command holds nothing that must be freed; it lives as long as its lane.")]
internal sealed class LaneStatement
{
    private readonly NpgsqlParameter[] _parameters;
    private NpgsqlCommand _command;

    public LaneStatement(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        _parameters = [.. parameters];
        _command = new NpgsqlCommand(sql);
        _command.Parameters.AddRange(_parameters);
    }

    public async ValueTask ExecuteAsync(Session session, CancellationToken cancellationToken)
    {
        await MakeReadyAsync(session, cancellationToken).ConfigureAwait(false);
        await _command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Rows that arrive as a whole.</summary>
    public async ValueTask<RowReader> QueryAsync(Session session, CancellationToken cancellationToken)
    {
        await MakeReadyAsync(session, cancellationToken).ConfigureAwait(false);
        return new RowReader(command: null, await _command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false), patience: null, async: true);
    }

    private Task MakeReadyAsync(Session session, CancellationToken cancellationToken)
    {
        if (_command.Connection != session.Connection)
        {
            MoveTo(session.Connection);
        }

        _command.CommandTimeout = session.CommandTimeoutSeconds;
        return session.MayPrepare ? _command.PrepareAsync(cancellationToken) : Task.CompletedTask;
    }

    /// <summary>
    /// A command that has lost its connection between the last row and the end of the answer is busy for good, as Npgsql sees it, and never takes another
    /// connection: "An open data reader exists for this command."
    /// </summary>
    private void MoveTo(NpgsqlConnection connection)
    {
        _command.Parameters.Clear();
        _command = new NpgsqlCommand(_command.CommandText, connection);
        _command.Parameters.AddRange(_parameters);
    }
}
