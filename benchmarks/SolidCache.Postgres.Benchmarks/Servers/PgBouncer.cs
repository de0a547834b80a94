using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SolidCache.Postgres.Benchmarks.Servers;

/// <summary>A PgBouncer of the benchmarks' own, beside the server, that hands out its connections for a transaction.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string _folder = Directory.CreateTempSubdirectory("pgbouncer").FullName;
    private Process? _process;

    private PgBouncer()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        Port = ((IPEndPoint)free.LocalEndpoint).Port;
    }

    public int Port { get; }

    public static async Task<PgBouncer> StartAsync()
    {
        var pooler = new PgBouncer();
        try
        {
            await pooler.RunAsync();
            return pooler;
        }
        catch
        {
            await pooler.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task RunAsync()
    {
        var server = new NpgsqlConnectionStringBuilder(ServerAddresses.Postgres);
        var settings = Path.Combine(_folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            {server.Database} = host={server.Host} port={server.Port} user={server.Username} password={server.Password}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {Port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            ignore_startup_parameters = extra_float_digits
            {(Environment.UserName == "root" ? "user = nobody" : "")}
            """);
        _process = Process.Start(new ProcessStartInfo("pgbouncer", ["--quiet", settings]) { RedirectStandardError = false })!;
        for (var waited = Stopwatch.StartNew(); !await LetsInAsync(); await Task.Delay(20))
        {
            if (_process.HasExited || waited.Elapsed > Patience)
            {
                throw new InvalidOperationException("PgBouncer did not start.");
            }
        }
    }

    private async Task<bool> LetsInAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
