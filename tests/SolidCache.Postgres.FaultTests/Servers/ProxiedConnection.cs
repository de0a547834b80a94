using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>A connection through a <see cref="TcpProxy"/>: to its client it is the server, to the server the client.</summary>
internal sealed class ProxiedConnection(Socket client, int target, Func<Traffic> traffic, Func<HeldStatement?> heldBack)
{
    /// <summary>ReadyForQuery, with which the server ends an answer.</summary>
    private const int LastMessage = 6;

    private static readonly TimeSpan Distance = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestStall = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(10);
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly TaskCompletionSource _reset = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isSilent;
    private volatile bool _isAbandoned;
    private volatile HeldStatement? _held;

    /// <summary>Whether the client has hung up and the server does not hear of it.</summary>
    public bool IsAbandoned => _isAbandoned;

    public async Task RunAsync()
    {
        client.NoDelay = true;
        try
        {
            await HeldAsync();
            await _server.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAll(ForwardAsync(client, _server), ForwardAsync(_server, client));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The target is not there, or the connection was reset.
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Closes both ends without a farewell.</summary>
    public void Reset()
    {
        _reset.TrySetResult();
        client.Close(timeout: 0);
        _server.Close(timeout: 0);
    }

    /// <summary>Resets the client if its statement is held back. The server does not hear of it.</summary>
    public void CutOffIfHeld()
    {
        if (_held is not null)
        {
            client.Close(timeout: 0);
        }
    }

    private static TimeSpan DelayOf(Traffic traffic) => traffic switch
    {
        Traffic.Distant => Distance,
        Traffic.Slow when Random.Shared.Next(100) == 0 => LongestStall * Random.Shared.NextDouble(),
        Traffic.Slow => Latency,
        _ => TimeSpan.Zero,
    };

    private async Task ForwardAsync(Socket from, Socket to)
    {
        var underWay = Channel.CreateUnbounded<(long Due, byte[] Bytes)>();
        await Task.WhenAll(DeliverAsync(underWay.Reader, to), ReceiveAsync(from, underWay.Writer));
    }

    private async Task ReceiveAsync(Socket from, ChannelWriter<(long Due, byte[] Bytes)> underWay)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await HeldAsync();
                if (from == client && heldBack() is { } statement && statement.IsIn(buffer.AsSpan(..count)))
                {
                    _held = statement;
                }

                if (from == _server && traffic() == Traffic.Torn && count > LastMessage)
                {
                    underWay.TryWrite((Stopwatch.GetTimestamp(), buffer[..(count - LastMessage)]));
                    break;
                }

                _isSilent |= traffic() == Traffic.Swallowed;
                if (!_isSilent)
                {
                    var delay = DelayOf(traffic());
                    underWay.TryWrite((Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency), buffer[..count]));
                }
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // It has hung up, which is what comes next.
        }

        await HeldAsync();
        if (_isSilent || traffic() == Traffic.Swallowed)
        {
            _isAbandoned |= from == client;
            // The other end does not hear of it, and keeps what it has for as long as the network has forgotten the connection.
            await _reset.Task;
        }

        underWay.Complete();
    }

    private async Task DeliverAsync(ChannelReader<(long Due, byte[] Bytes)> underWay, Socket to)
    {
        try
        {
            await foreach (var (due, bytes) in underWay.ReadAllAsync())
            {
                if (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due) is { Ticks: > 0 } wait)
                {
                    await Task.Delay(wait);
                }

                if (_held is { } statement && to == (statement.HoldsAnswer ? client : _server))
                {
                    await Task.WhenAny(statement.Delivered, _reset.Task);
                }

                await to.SendAsync(bytes);
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            Reset();
        }
    }

    private async Task HeldAsync()
    {
        while (traffic() == Traffic.Held && !_reset.Task.IsCompleted)
        {
            await Task.Delay(LookAgain);
        }
    }
}
