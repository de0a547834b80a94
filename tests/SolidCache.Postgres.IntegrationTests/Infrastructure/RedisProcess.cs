using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>A Redis server that a test may kill: the program redis-server, on a free port of 127.0.0.1, with nothing on disk, and for nobody else on this machine.</summary>
public sealed class RedisProcess : IDisposable
{
    private static readonly string Password = RandomNumberGenerator.GetHexString(32);
    private Process _process;

    private RedisProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public string ConnectionString => $"127.0.0.1:{Port},password={Password}";

    public static async Task<RedisProcess> StartAsync()
    {
        var port = FreePort();
        return new RedisProcess(await StartOnAsync(port), port);
    }

    /// <summary>As a crash would: it says goodbye to nobody.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Brings it back, empty, on the same port.</summary>
    public async Task StartAgainAsync()
    {
        _process.Dispose();
        _process = await StartOnAsync(Port);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.Dispose();
    }

    private static async Task<Process> StartOnAsync(int port)
    {
        var process = Start(port);
        await Eventually.TrueAsync(() => Task.FromResult(Accepts(port)), "redis-server accepts connections");
        return process;
    }

    private static Process Start(int port)
    {
        try
        {
            var process = Process.Start(new ProcessStartInfo("redis-server", ["-", "--bind", "127.0.0.1", "--port", $"{port}", "--save", "", "--appendonly", "no"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            })!;
            // Command lines everybody may read.
            process.StandardInput.WriteLine($"requirepass {Password}");
            process.StandardInput.Close();
            return process;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new AssertionException("There is no redis-server. Install Redis (apt-get install redis-server, brew install redis), or run ./test.sh, which does.");
        }
    }

    private static bool Accepts(int port)
    {
        try
        {
            using var client = new TcpClient("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
