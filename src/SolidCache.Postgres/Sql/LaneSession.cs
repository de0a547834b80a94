using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The session of a lane: a connection is rented when there is work, kept while there is more, and given back when there is none.
/// The statements prepared on it are used again.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer or wait handle holds nothing that must be freed.")]
internal sealed class LaneSession(ConnectionSource connections)
{
    private CancellationTokenSource _patience = new();
    private Session? _session;
    private bool _isOpen;
    private int _isGivingUp;

    /// <summary>Gets what every wait for the server is to be ended by.</summary>
    public CancellationToken Token => _patience.Token;

    /// <summary>Ends what waits for the server.</summary>
    public void GiveUp()
    {
        if (Interlocked.Exchange(ref _isGivingUp, 1) == 0)
        {
            Patience.GiveUp(_patience);
        }
    }

    public async ValueTask<Session> GetAsync()
    {
        Renew();
        if (_isOpen)
        {
            if (connections.Clock.IsOld)
            {
                await connections.CheckAsync(_session!, Token).ConfigureAwait(false);
            }

            return _session!;
        }

        var session = _session ?? connections.NewLaneSession();
        _session = null;
        await connections.OpenAsync(session, Token).ConfigureAwait(false);
        _isOpen = true;
        return _session = session;
    }

    public async Task RestAsync()
    {
        Renew();
        if (!_isOpen)
        {
            return;
        }

        _isOpen = false;
        try
        {
            await _session!.Connection.CloseAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // A broken connection has nothing to give back, and the lane must live on.
            _session = null;
        }
    }

    /// <summary>What was given up has ended, one way or the other.</summary>
    private void Renew()
    {
        if (Volatile.Read(ref _isGivingUp) != 0)
        {
            _patience = new CancellationTokenSource();
            Volatile.Write(ref _isGivingUp, 0);
        }
    }
}
