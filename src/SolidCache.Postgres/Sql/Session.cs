using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>A connection that is rented, for one statement after the other. Disposing it gives it back.</summary>
/// <param name="connection">Not open yet.</param>
/// <param name="limit">How long one statement may take, and the attempt to open it.</param>
/// <param name="patience">Keeps the limit of statements; null where somebody else does.</param>
/// <param name="async">Whether to await or to block, when Npgsql keeps the limit.</param>
internal sealed class Session(NpgsqlConnection connection, TimeSpan limit, Patience? patience, bool async) : IAsyncDisposable
{
    public NpgsqlConnection Connection => connection;

    public bool Async => async;

    public TimeSpan Limit => limit;

    /// <summary>Whether the hot statements may be prepared here.</summary>
    public bool MayPrepare { get; set; }

    /// <summary>How long Npgsql lets one statement take, in seconds.</summary>
    public int CommandTimeoutSeconds { get; } = (int)Math.Ceiling((async ? Patience.Beyond(limit) : limit).TotalSeconds);

    /// <summary>Does some work; a second time when the server has forgotten what was prepared, in which case it has executed nothing.</summary>
    public async ValueTask<TResult> RunAsync<TState, TResult>(
        TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work(this, state, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (MayPrepare && error.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
        {
            // Somebody sent DISCARD ALL or DEALLOCATE ALL on this connection, of which Npgsql knows nothing. It has this only synchronously.
            connection.UnprepareAll();
            return await work(this, state, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A statement that is worth preparing: a hot one, whose text never changes.</summary>
    public SqlCall Prepared(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) =>
        new(Command(sql, parameters), MayPrepare, patience, async);

    /// <summary>A statement that is planned with its values.</summary>
    public SqlCall Planned(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) => new(Command(sql, parameters), prepare: false, patience, async);

    /// <summary>A statement that is planned with its values and may take as long as its token allows.</summary>
    public SqlCall Unbounded(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = Command(sql, parameters);
        command.CommandTimeout = 0;
        return new(command, prepare: false, patience: null, async);
    }

    /// <summary>Statements for one round trip, each a transaction of its own.</summary>
    public NpgsqlBatch Batch() => new(connection) { EnableErrorBarriers = true, Timeout = CommandTimeoutSeconds };

    public ValueTask DisposeAsync() => connection.DisposeAsync(async);

    private NpgsqlCommand Command(string sql, ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = CommandTimeoutSeconds };
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
