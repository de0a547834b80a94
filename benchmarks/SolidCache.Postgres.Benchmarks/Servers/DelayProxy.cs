using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>
/// A network between the benchmarks and a server: every byte arrives so much later, each way, and as many may be under way as want to. One thread does all of
/// it, sleeping until the next is due.
/// </summary>
internal sealed class DelayProxy : IDisposable
{
    private static readonly long BetweenLooks = Stopwatch.Frequency / 50;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<DelayedDirection> _directions = [];
    private readonly EndPoint _target;
    private readonly TimeSpan _delay;
    private readonly Thread _thread;
    private volatile bool _isOver;

    /// <param name="target">The server.</param>
    /// <param name="delay">Each way.</param>
    public DelayProxy(EndPoint target, TimeSpan delay)
    {
        (_target, _delay) = (target, delay);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _listener.Blocking = false;
        _thread = new Thread(Run) { IsBackground = true, Name = "delay" };
        _thread.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public void Dispose()
    {
        _isOver = true;
        _thread.Join();
        _listener.Dispose();
    }

    private void Run()
    {
        ExactWait.Prepare();
        var watched = new WatchedSocket[1];
        while (!_isOver)
        {
            Array.Resize(ref watched, 1 + (2 * _directions.Count));
            watched[0] = new(_listener, ExactWait.Readable);
            var due = Stopwatch.GetTimestamp() + BetweenLooks;
            for (var number = 0; number < _directions.Count; number++)
            {
                var direction = _directions[number];
                watched[1 + (2 * number)] = new(direction.From, direction.IsOpen ? ExactWait.Readable : (short)0);
                watched[2 + (2 * number)] = new(direction.To, direction.IsHeldUp ? ExactWait.Writable : (short)0);
                due = Math.Min(due, direction.Due);
            }

            ExactWait.ForAny(watched, due);
            for (var number = 0; number < _directions.Count; number++)
            {
                var direction = _directions[number];
                if (watched[1 + (2 * number)].IsReady && direction.IsOpen)
                {
                    direction.Receive(_delay);
                }

                direction.Send(again: watched[2 + (2 * number)].IsReady);
            }

            if (watched[0].IsReady)
            {
                Accept();
            }

            CloseThoseThatAreOver();
        }

        _directions.ForEach(static direction => direction.From.Dispose());
    }

    private void Accept()
    {
        Socket client;
        try
        {
            client = _listener.Accept();
        }
        catch (SocketException)
        {
            // It has hung up already.
            return;
        }

        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        server.Connect(_target);
        (client.NoDelay, server.NoDelay, client.Blocking, server.Blocking) = (true, true, false, false);
        _directions.Add(new(client, server));
        _directions.Add(new(server, client));
    }

    /// <summary>A connection's directions are neighbours.</summary>
    private void CloseThoseThatAreOver()
    {
        for (var number = _directions.Count - 2; number >= 0; number -= 2)
        {
            if (_directions[number].IsOver && _directions[number + 1].IsOver)
            {
                _directions[number].From.Dispose();
                _directions[number + 1].From.Dispose();
                _directions.RemoveRange(number, 2);
            }
        }
    }
}
