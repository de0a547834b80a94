using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>A statement that a lane executes again and again, with other values in the same parameters.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A command holds nothing that must be freed; it lives as long as its lane.")]
internal sealed class LaneStatement
{
    private readonly NpgsqlCommand _command;

    public LaneStatement(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        _command = new NpgsqlCommand(sql);
        foreach (var parameter in parameters)
        {
            _command.Parameters.Add(parameter);
        }
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
        _command.Connection = session.Connection;
        _command.CommandTimeout = session.CommandTimeoutSeconds;
        return session.MayPrepare ? _command.PrepareAsync(cancellationToken) : Task.CompletedTask;
    }
}
