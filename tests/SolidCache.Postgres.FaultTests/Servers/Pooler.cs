using System.Diagnostics;
using Npgsql;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>A PgBouncer of a test's own in front of a cluster.</summary>
internal sealed class Pooler : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly string _folder;
    private Process? _process;

    private Pooler(string folder) => _folder = folder;

    public int Port { get; } = LoopbackPort.Free();

    public string ConnectionString => Cluster.ConnectionStringOn(Port);

    public static async Task<Pooler> StartNewAsync(Cluster cluster, PoolMode mode)
    {
        var pooler = new Pooler(await DataFolder.EmptyAsync());
        var settings = Path.Combine(pooler._folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(settings, $"""
            [databases]
            postgres = host=127.0.0.1 port={cluster.Port} user=postgres password={DataFolder.Password}

            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {pooler.Port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {(mode == PoolMode.Session ? "session" : "transaction")}
            server_login_retry = 1
            ignore_startup_parameters = extra_float_digits
            """);
        File.SetUnixFileMode(settings, UnixFileMode.UserRead);
        await Programs.HandOverAsync(settings);
        await pooler.StartAsync();
        return pooler;
    }

    public async Task StartAsync()
    {
        _process = Programs.Start(_folder, Program, "pgbouncer.ini");
        var waited = Stopwatch.StartNew();
        while (!await LetsInAsync())
        {
            if (_process.HasExited || waited.Elapsed > Patience)
            {
                throw new AssertionException($"PgBouncer did not start: {await File.ReadAllTextAsync(Programs.LogOf(_folder))}");
            }

            await Task.Delay(20);
        }
    }

    public async Task KillNineAsync()
    {
        Signal.KillNine(_process!.Id);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await KillNineAsync();
        }

        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<bool> LetsInAsync()
    {
        try
        {
            await using var connection = new NpgsqlConnection(ConnectionString + ";Pooling=false");
            await connection.OpenAsync();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
