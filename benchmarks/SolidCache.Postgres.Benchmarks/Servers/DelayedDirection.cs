using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;

namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>One direction of a connection through <see cref="DelayProxy"/>: what arrives goes on when its time has come.</summary>
internal sealed class DelayedDirection(Socket from, Socket to)
{
    private const int MostBytes = 256 * 1024;
    private readonly Queue<Parcel> _underWay = new();
    private int _sent;
    private bool _hasEnded;

    public Socket From => from;

    public Socket To => to;

    /// <summary>Gets a value indicating whether more may come.</summary>
    public bool IsOpen => !_hasEnded;

    /// <summary>Gets a value indicating whether it waits for its receiver.</summary>
    public bool IsHeldUp { get; private set; }

    public bool IsOver => _hasEnded && _underWay.Count == 0;

    /// <summary>Gets when the next goes on.</summary>
    public long Due => IsHeldUp ? long.MaxValue : _underWay.TryPeek(out var first) ? first.Due : long.MaxValue;

    public void Receive(TimeSpan delay)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(MostBytes);
        var count = from.Receive(buffer, SocketFlags.None, out var error);
        if (error is SocketError.WouldBlock)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return;
        }

        // An end, or an error, travels too.
        _hasEnded = count == 0;
        var ticks = (long)(delay.TotalSeconds * Stopwatch.Frequency);
        if (count is > 0 and < MostBytes / 16)
        {
            // What travels for long does not keep so much memory.
            var copy = ArrayPool<byte>.Shared.Rent(count);
            buffer.AsSpan(0, count).CopyTo(copy);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = copy;
        }

        _underWay.Enqueue(new(buffer, count, Stopwatch.GetTimestamp() + ticks));
    }

    /// <summary>Sends what is due, as far as its receiver takes it.</summary>
    public void Send(bool again = false)
    {
        IsHeldUp &= !again;
        while (!IsHeldUp && _underWay.TryPeek(out var first) && first.Due <= Stopwatch.GetTimestamp())
        {
            if (first.Count == 0)
            {
                End(first);
                return;
            }

            _sent += to.Send(first.Buffer.AsSpan(_sent, first.Count - _sent), SocketFlags.None, out var error);
            if (error is SocketError.WouldBlock)
            {
                IsHeldUp = true;
            }
            else if (error is not SocketError.Success || _sent == first.Count)
            {
                _sent = 0;
                ArrayPool<byte>.Shared.Return(_underWay.Dequeue().Buffer);
            }
        }
    }

    private void End(Parcel last)
    {
        _underWay.Dequeue();
        ArrayPool<byte>.Shared.Return(last.Buffer);
        try
        {
            to.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It has gone already.
        }
    }

    private readonly record struct Parcel(byte[] Buffer, int Count, long Due);
}
