using System.Diagnostics.CodeAnalysis;
using Npgsql;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Sql;

/// <summary>A statement that a lane executes again and again, with other values in the same parameters.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A command holds nothing that must be freed; it lives as long as its lane.")]
internal sealed class LaneStatement
{
    /// <summary>
    /// A plan made while the table was tiny reads all of it, or all of its index, and PostgreSQL keeps it until the next analyze. What takes this long is
    /// planned anew, at most so often.
    /// </summary>
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan BetweenPlans = TimeSpan.FromSeconds(1);

    /// <remarks>
    /// The statement itself stays prepared: lanes hand connections on to each other, and Npgsql loses count where one of them unprepares what another believes
    /// to be prepared there ("Received backend message BindComplete while expecting ParseCompleteMessage").
    /// </remarks>
    public const string PlanAnew = "/* solid_cache:plans */ DISCARD PLANS";

    private readonly NpgsqlParameter[] _parameters;
    private NpgsqlCommand _command;
    private readonly CallClock _clock;
    private long _plannedAt;
    private bool _isStale;

    public LaneStatement(CallClock clock, string sql, params ReadOnlySpan<NpgsqlParameter> parameters)
    {
        (_clock, _plannedAt) = (clock, clock.Now);
        _parameters = [.. parameters];
        _command = new NpgsqlCommand(sql);
        _command.Parameters.AddRange(_parameters);
    }

    public void Execute(Session session) => Run(
        session,
        static (session, command) =>
        {
            session.Execute(command);
            return true;
        });

    public RowReader Query(Session session) => Run(session, static (session, command) => session.Query(command));

    private T Run<T>(Session session, Func<Session, NpgsqlCommand, T> execute)
    {
        if (_command.Connection != session.Connection)
        {
            MoveTo(session.Connection);
        }

        if (!session.MayPrepare)
        {
            return execute(session, _command);
        }

        var began = _clock.Now;
        T result;
        try
        {
            Prepare(session);
            result = execute(session, _command);
        }
        catch (PostgresException error) when (ServerErrors.IsStatementGone(error))
        {
            // Nothing was executed. Npgsql knows nothing of it, and forgets all that it believes to be prepared.
            session.Connection.UnprepareAll();
            _command.Prepare();
            result = execute(session, _command);
        }
        catch (Exception error) when (error is not NpgsqlException)
        {
            ForgetSizes();
            throw;
        }

        _isStale = _clock.Since(began) > Slow && _clock.Since(_plannedAt) > BetweenPlans;
        return result;
    }

    /// <summary>
    /// What was thrown within Npgsql and is not its own, as by a listener, has left behind how long the values of then were, which would be taken for
    /// the length of the next ones. Npgsql forgets that with the type.
    /// </summary>
    private void ForgetSizes()
    {
        foreach (var parameter in _parameters)
        {
            parameter.NpgsqlDbType = parameter.NpgsqlDbType;
        }
    }

    private void Prepare(Session session)
    {
        if (_isStale)
        {
            (_isStale, _plannedAt) = (false, _clock.Now);
            session.Execute(PlanAnew);
        }

        _command.Prepare();
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
