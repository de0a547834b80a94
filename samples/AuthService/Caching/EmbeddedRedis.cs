using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Garnet;

namespace AuthService.Caching;

/// <summary>
/// Microsoft Garnet, which speaks Redis' protocol, within this process: for those who have no Redis at hand. Listens on a free port of
/// 127.0.0.1, answers nobody else on this machine, keeps at most 64 MB, and nothing on disk even when it is told to save.
/// </summary>
internal sealed class EmbeddedRedis : IDisposable
{
    private const int Attempts = 3;
    private readonly GarnetServer _server;
    private bool _isDisposed;

    private EmbeddedRedis(GarnetServer server, int port, string password) => (_server, Port, ConnectionString) = (server, port, $"127.0.0.1:{port},password={password}");

    public int Port { get; }

    public string ConnectionString { get; }

    /// <exception cref="SetupException">It does not start.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "It belongs to what is returned, and one that did not start has nothing to free.")]
    public static EmbeddedRedis Start()
    {
        for (var attempt = 1; ; attempt++)
        {
            var (port, password) = (FreePort(), RandomNumberGenerator.GetHexString(32));
            try
            {
                var server = new GarnetServer(
                [
                    "--bind", "127.0.0.1", "--port", $"{port}", "--auth", "Password", "--password", password,
                    "--memory", "64m", "--index", "8m", "--device-type", "Null", "-q",
                ]);
                server.Start();
                return new EmbeddedRedis(server, port, password);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                if (attempt == Attempts)
                {
                    throw new SetupException($"The embedded Redis does not start ({error.Message}). Set ConnectionStrings__Redis to a Redis server.", error);
                }
            }
        }
    }

    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _server.Dispose();
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
