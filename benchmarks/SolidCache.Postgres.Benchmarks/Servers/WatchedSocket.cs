using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>A socket and what is waited for there, as the system's <c>pollfd</c> has it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct WatchedSocket(Socket socket, short events)
{
    private readonly int _file = (int)socket.Handle;
    private readonly short _events = events;
    private readonly short _returned;

    /// <summary>Gets a value indicating whether something can be done with it, be it to hear of its end.</summary>
    public bool IsReady => _events != 0 && _returned != 0;
}
