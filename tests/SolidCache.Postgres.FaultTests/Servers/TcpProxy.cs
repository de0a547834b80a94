using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>The network between the cache and a server.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<ProxiedConnection, Task> _connections = new();
    private readonly int _target;
    private readonly Task _accepting;
    private volatile Traffic _traffic;
    private volatile HeldStatement? _heldBack;

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Traffic Traffic
    {
        get => _traffic;
        set
        {
            _traffic = value;
            if (value == Traffic.Refused)
            {
                Reset();
            }
        }
    }

    /// <summary>Ends the sessions that the server keeps for clients which have hung up, as its keepalives would in a few hours.</summary>
    public void EndAbandoned()
    {
        foreach (var connection in _connections.Keys.Where(connection => connection.IsAbandoned))
        {
            connection.Reset();
        }
    }

    /// <summary>Holds the next statement with this marker back, until it is to be delivered.</summary>
    public HeldStatement HoldBack(byte[] marker) => _heldBack = new HeldStatement(marker, holdsAnswer: false);

    /// <summary>Lets the next statement with this marker pass, and holds its answer back.</summary>
    public HeldStatement HoldBackAnswer(byte[] marker) => _heldBack = new HeldStatement(marker, holdsAnswer: true);

    /// <summary>Resets the clients whose statements are held back; the server keeps its end of their connections.</summary>
    public void CutOffHeld()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.CutOffIfHeld();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
        Reset();
        await Task.WhenAll(_connections.Values);
    }

    private void Reset()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Reset();
        }
    }

    /// <summary>A proxy that lives for hours does not grow.</summary>
    private void ForgetEnded()
    {
        foreach (var (connection, running) in _connections)
        {
            if (running.IsCompleted)
            {
                _connections.TryRemove(connection, out _);
            }
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // Stopped.
                return;
            }

            ForgetEnded();
            var connection = new ProxiedConnection(client, _target, () => _traffic, () => _heldBack);
            _connections[connection] = connection.RunAsync();
            if (_traffic == Traffic.Refused)
            {
                connection.Reset();
            }
        }
    }
}
