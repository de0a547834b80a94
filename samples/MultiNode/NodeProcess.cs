using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace MultiNode;

/// <summary>A node in a process of its own, on a free port of this machine.</summary>
internal sealed class NodeProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Process _process;

    private NodeProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    /// <summary>Starts it, and waits until it knows what others change.</summary>
    public static async Task<NodeProcess> StartAsync(HttpClient http)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}/");
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [.. ProgramOf(), "--urls", address.ToString()]))
            ?? throw new InvalidOperationException("The node did not start.");
        var node = new NodeProcess(process, address);
        for (var waited = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            try
            {
                if ((await http.GetFromJsonAsync<State>(new Uri(address, "memory")))?.IsCurrent == true)
                {
                    return node;
                }
            }
            catch (HttpRequestException) when (waited.Elapsed < Patience && !process.HasExited)
            {
                // It has not come so far.
            }
        }
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    /// <summary>What "dotnet" is to run; nothing where the program is its own host.</summary>
    private static string[] ProgramOf() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(NodeProcess).Assembly.Location] : [];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record State(bool IsCurrent);
}
