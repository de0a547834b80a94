using Npgsql;

namespace SolidCache.Postgres.Sql;

/// <summary>The session of a lane: opened when there is work, kept while there is more, given back when there is none.</summary>
internal sealed class LaneSession(ConnectionSource connections)
{
    private Session? _session;

    public async ValueTask<Session> GetAsync() =>
        _session ??= await connections.OpenSessionAsync(async: true, CancellationToken.None).ConfigureAwait(false);

    public async Task RestAsync()
    {
        if (_session is { } session)
        {
            _session = null;
            try
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error) when (error is NpgsqlException or IOException or InvalidOperationException or ObjectDisposedException)
            {
                // A broken connection has nothing to give back, and the lane must live on.
            }
        }
    }
}
