using System.Data;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>A connection that is rented, for one statement after the other; its calls block. Disposing it gives it back.</summary>
internal sealed class Session : IDisposable
{
    /// <summary>PostgreSQL's function in which a commit waits for its synchronous standbys, named in all it says there, in whatever language.</summary>
    private const string WaitForStandbys = "SyncRepWaitForLSN";
    private const int ScriptSeconds = 600;
    private readonly int _limitSeconds;
    private bool _isUnconfirmed;
    private bool _isInTransaction;

    /// <param name="connection">Not open yet.</param>
    /// <param name="limit">How long one statement may take.</param>
    public Session(NpgsqlConnection connection, TimeSpan limit)
    {
        (Connection, Limit, _limitSeconds) = (connection, limit, (int)Math.Ceiling(limit.TotalSeconds));
        connection.Notice += (_, told) => _isUnconfirmed |= told.Notice.Routine == WaitForStandbys;
    }

    public NpgsqlConnection Connection { get; }

    /// <summary>Gets how long one statement may take.</summary>
    public TimeSpan Limit { get; }

    /// <summary>Whether the connection still leads to its server, so that an error is the server's answer.</summary>
    public bool IsUnbroken => Connection.FullState == ConnectionState.Open;

    /// <summary>Whether nobody knows what became of a statement that failed: the server did not answer, and neither did the driver itself with all in order.</summary>
    public bool IsInDoubtAfter(Exception error) => !ServerErrors.IsAnswer(error) && !(IsUnbroken && error is NpgsqlException);

    /// <summary>Gets or sets who serves the connection.</summary>
    public Backend? Backend { get; set; }

    /// <summary>Gets or sets a value indicating whether the hot statements may be prepared here.</summary>
    public bool MayPrepare { get; set; }

    /// <summary>Executes a statement that is planned with its values.</summary>
    public int Execute(string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        using var command = Command(sql, parameters);
        return Repeated(command, static command => command.ExecuteNonQuery());
    }

    /// <summary>
    /// Several statements as one, with a limit of ten minutes: Npgsql sends more than one with the help of the pool's threads, all of which may wait for this.
    /// </summary>
    public void ExecuteScript(string sql) => ExecuteLong("DO " + SqlNames.Literal($"BEGIN EXECUTE {SqlNames.Literal(sql)}; END"));

    /// <summary>A statement that takes as long as the table is large, with a limit of ten minutes.</summary>
    public void ExecuteLong(string sql)
    {
        using var command = Command(sql, []);
        command.CommandTimeout = ScriptSeconds;
        command.ExecuteNonQuery();
    }

    /// <summary>The rows of a statement that is planned with its values, each read by a function.</summary>
    public IReadOnlyList<T> Query<T>(Func<RowReader, T> read, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        using var command = Command(sql, parameters);
        return Repeated(command, command => Rows(command, read));
    }

    /// <summary>The same once: what the server has undone, and what others have locked, is the matter of who calls.</summary>
    public IReadOnlyList<T> QueryOnce<T>(Func<RowReader, T> read, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        using var command = Command(sql, parameters);
        return Confirmed(command, command => Rows(command, read));
    }

    /// <summary>The first row of a statement; the default when there is none.</summary>
    public T? QueryFirst<T>(Func<RowReader, T> read, string sql, params ReadOnlySpan<NpgsqlParameter> parameters) =>
        Query(read, sql, parameters) is [var first, ..] ? first : default;

    /// <summary>The one row of a statement.</summary>
    public T QueryOne<T>(Func<RowReader, T> read, string sql, params ReadOnlySpan<NpgsqlParameter> parameters) => Query(read, sql, parameters)[0];

    /// <summary>Executes the one statement of a lane.</summary>
    public void Execute(NpgsqlCommand prepared)
    {
        prepared.CommandTimeout = _limitSeconds;
        _isUnconfirmed = false;
        prepared.ExecuteNonQuery();
        RefuseUnconfirmed();
    }

    public RowReader Query(NpgsqlCommand prepared)
    {
        prepared.CommandTimeout = _limitSeconds;
        return new RowReader(prepared.ExecuteReader());
    }

    /// <summary>Does some work in one transaction, of an isolation that sees what others commit meanwhile, whatever the database's default is.</summary>
    public void InTransaction(Action work)
    {
        using var transaction = Connection.BeginTransaction(IsolationLevel.ReadCommitted);
        _isInTransaction = true;
        try
        {
            work();
            transaction.Commit();
        }
        finally
        {
            _isInTransaction = false;
        }
    }

    public void Dispose() => Connection.Dispose();

    private static List<T> Rows<T>(NpgsqlCommand command, Func<RowReader, T> read)
    {
        var results = new List<T>();
        using var rows = new RowReader(command.ExecuteReader());
        while (rows.Read())
        {
            results.Add(read(rows));
        }

        return results;
    }

    /// <summary>A statement that the server undid because of what others did at the same time is executed anew while there is time; alone, it is a transaction of its own.</summary>
    private T Repeated<T>(NpgsqlCommand command, Func<NpgsqlCommand, T> execute)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return Confirmed(command, execute);
            }
            catch (PostgresException error) when (MayRepeat(error) && TimeProvider.System.GetElapsedTime(began) < Limit)
            {
                // At once: the server has waited for the others already.
            }
        }
    }

    private T Confirmed<T>(NpgsqlCommand command, Func<NpgsqlCommand, T> execute)
    {
        _isUnconfirmed = false;
        var result = execute(command);
        RefuseUnconfirmed();
        return result;
    }

    private bool MayRepeat(PostgresException error) => (ServerErrors.IsUndone(error) || ServerErrors.IsLocked(error)) && IsUnbroken && !_isInTransaction;

    private NpgsqlCommand Command(string sql, ReadOnlySpan<NpgsqlParameter> parameters)
    {
        var command = new NpgsqlCommand(sql, Connection) { CommandTimeout = _limitSeconds };
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter);
        }

        return command;
    }

    /// <exception cref="NpgsqlException">
    /// A commit was cancelled while it waited for a synchronous standby. The server calls that a success, with a warning; but what it acknowledged may be
    /// gone after a failover.
    /// </exception>
    private void RefuseUnconfirmed()
    {
        if (_isUnconfirmed)
        {
            throw new NpgsqlException("The write is in effect on the primary.", new TimeoutException("Its synchronous standby did not confirm it in time."));
        }
    }
}
