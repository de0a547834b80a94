using Npgsql;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The session of a lane: a connection is rented when there is work, kept while there is more, and given back when there is none.
/// The statements prepared on it are used again.
/// </summary>
/// <param name="connections">Where they are rented.</param>
/// <param name="breaker">Counts what fails on them, if anything does.</param>
internal sealed class LaneSession(ConnectionSource connections, CircuitBreaker? breaker = null)
{
    private Session? _session;
    private bool _isOpen;

    /// <summary>Who serves the session; null while it is closed.</summary>
    public Backend? Backend { get; private set; }

    /// <summary>
    /// Gets <see cref="CircuitBreaker.Counted"/> as it was before the connection was rented: what has broken since may have broken it too. If it lives, as it was after its own failure.
    /// </summary>
    public long CountedBefore { get; private set; }

    public Session Get()
    {
        if (_isOpen)
        {
            if (connections.ServerClock.IsOld)
            {
                connections.Check(_session!);
            }

            return _session!;
        }

        CountedBefore = Counted();
        var session = _session ?? connections.NewSession();
        _session = null;
        connections.Open(session);
        (_session, _isOpen, Backend) = (session, true, session.Backend);
        return session;
    }

    /// <summary>Gives the connection back if it is of no use any more, after something has failed on it.</summary>
    public void RestAfter(Exception error)
    {
        if (!_isOpen || !connections.IsOfUseAfter(_session!, error))
        {
            Rest();
        }
        else
        {
            CountedBefore = Counted();
        }
    }

    /// <summary>Gives the connection back.</summary>
    public void Rest()
    {
        Backend = null;
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        try
        {
            _session!.Connection.Close();
        }
        catch (Exception error) when (error is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // A broken connection has nothing to give back, and the lane must live on.
            _session = null;
        }
    }

    private long Counted() => breaker?.Counted ?? 0;
}
