using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>
/// The session of a lane: a connection is rented when there is work, kept while there is more, and given back when there is none.
/// The statements prepared on it are used again.
/// </summary>
internal sealed class LaneSession(ConnectionSource connections)
{
    private Session? _session;
    private bool _isOpen;

    public async ValueTask<Session> GetAsync()
    {
        if (_isOpen)
        {
            if (connections.Clock.IsOld)
            {
                await connections.CheckAsync(_session!, CancellationToken.None).ConfigureAwait(false);
            }

            return _session!;
        }

        var session = _session ?? connections.NewSession(async: true);
        _session = null;
        await connections.OpenAsync(session, CancellationToken.None).ConfigureAwait(false);
        _isOpen = true;
        return _session = session;
    }

    public async Task RestAsync()
    {
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
}
