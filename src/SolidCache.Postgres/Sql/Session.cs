using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>A connection that is rented, for one statement after the other. Disposing it gives it back.</summary>
internal sealed class Session : IAsyncDisposable
{
    /// <summary>PostgreSQL's function in which a commit waits for its synchronous standbys, named in all it says there, in whatever language.</summary>
    private const string WaitForStandbys = "SyncRepWaitForLSN";
    private readonly Patience? _patience;
    private bool _isUnconfirmed;

    /// <param name="connection">Not open yet.</param>
    /// <param name="limit">How long one statement may take, and the attempt to open it.</param>
    /// <param name="patience">Keeps the limit of statements; null where somebody else does.</param>
    /// <param name="async">Whether to await or to block, when Npgsql keeps the limit.</param>
    public Session(NpgsqlConnection connection, TimeSpan limit, Patience? patience, bool async)
    {
        (Connection, Limit, _patience, Async) = (connection, limit, patience, async);
        CommandTimeoutSeconds = (int)Math.Ceiling((async ? Patience.Beyond(limit) : limit).TotalSeconds);
        connection.Notice += (_, told) => _isUnconfirmed |= told.Notice.Routine == WaitForStandbys;
    }

    public NpgsqlConnection Connection { get; }

    public bool Async { get; }

    public TimeSpan Limit { get; }

    /// <summary>Whether the hot statements may be prepared here.</summary>
    public bool MayPrepare { get; set; }

    /// <summary>How long Npgsql lets one statement take, in seconds.</summary>
    public int CommandTimeoutSeconds { get; }

    /// <summary>Does some work; a second time when the server has forgotten what was prepared, in which case it has executed nothing.</summary>
    /// <exception cref="TimeoutException">
    /// A commit was cancelled while it waited for a synchronous standby. The server calls that a success, with a warning; but what it acknowledged may be
    /// gone after a failover.
    /// </exception>
    public async ValueTask<TResult> RunAsync<TState, TResult>(
        TState state, Func<Session, TState, CancellationToken, ValueTask<TResult>> work, CancellationToken cancellationToken)
    {
        _isUnconfirmed = false;
        TResult result;
        try
        {
            result = await work(this, state, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (MayPrepare && error.SqlState == PostgresErrorCodes.InvalidSqlStatementName)
        {
            // Somebody sent DISCARD ALL or DEALLOCATE ALL on this connection, of which Npgsql knows nothing. It has this only synchronously.
            Connection.UnprepareAll();
            result = await work(this, state, cancellationToken).ConfigureAwait(false);
        }

        return _isUnconfirmed
            ? throw new TimeoutException("The write is in effect on the primary, but its synchronous standby did not confirm it in time.")
            : result;
    }

    /// <summary>A statement that is worth preparing: a hot one, whose text never changes.</summary>
    public SqlCall Prepared(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) =>
        new(Command(sql, parameters), MayPrepare, _patience, Async);

    /// <summary>A statement that is planned with its values.</summary>
    public SqlCall Planned(string sql, params ReadOnlySpan<NpgsqlParameter> parameters) => new(Command(sql, parameters), prepare: false, _patience, Async);

    /// <summary>A statement that is planned with its values and may take as long as its token allows.</summary>
    public SqlCall Unbounded(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = Command(sql, parameters);
        command.CommandTimeout = 0;
        return new(command, prepare: false, patience: null, Async);
    }

    /// <summary>Statements for one round trip, each a transaction of its own.</summary>
    public NpgsqlBatch Batch() => new(Connection) { EnableErrorBarriers = true, Timeout = CommandTimeoutSeconds };

    public ValueTask DisposeAsync() => Connection.DisposeAsync(Async);

    private NpgsqlCommand Command(string sql, ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, Connection) { CommandTimeout = CommandTimeoutSeconds };
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }
}
