using System.Net;
using System.Net.Sockets;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>Ports of 127.0.0.1.</summary>
internal static class LoopbackPort
{
    public const string Address = "127.0.0.1";

    /// <summary>One that nobody listens on.</summary>
    public static int Free()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
