using System.Diagnostics;
using Npgsql;

namespace SolidCache.Postgres.FaultTests.Servers;

/// <summary>A PostgreSQL server of a test's own, which may do to it whatever can happen to a server.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    /// <summary>The statement of <see cref="EndBackendsAsync"/>, for who has a connection already.</summary>
    public const string EndBackends = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder;
    private readonly string[] _settings;
    private readonly PrivateNetwork? _network;
    private Process? _server;
    private int[] _frozen = [];

    private Cluster(string folder, string[] settings, PrivateNetwork? network = null) => (_folder, _settings, _network) = (folder, settings, network);

    public int Port { get; } = LoopbackPort.Free();

    public string ConnectionString => ConnectionStringOn(Port, Address);

    public string Data => Path.Combine(_folder, "data");

    private string Address => _network?.Address ?? LoopbackPort.Address;

    private string Hold => Path.Combine(_folder, "hold");

    private int Postmaster => _server?.Id ?? throw new InvalidOperationException("The server is not running.");

    /// <summary>The connection string of a superuser by another way to the server.</summary>
    public static string ConnectionStringOn(int port, string address = LoopbackPort.Address) =>
        $"Host={address};Port={port};Username=postgres;Password={DataFolder.Password};Database=postgres";

    /// <summary>Starts a new cluster.</summary>
    /// <param name="settings">Each <c>name=value</c>.</param>
    public static Task<Cluster> StartNewAsync(params string[] settings) => StartNewAsync(network: null, settings);

    /// <summary>Starts a new cluster in a network of its own.</summary>
    public static async Task<Cluster> StartNewAsync(PrivateNetwork? network, params string[] settings)
    {
        var cluster = new Cluster(await DataFolder.CopyAsync(), settings, network);
        await cluster.StartAsync();
        return cluster;
    }

    /// <summary>Starts a standby that streams from this server.</summary>
    public async Task<Cluster> StartStandbyAsync()
    {
        var folder = await DataFolder.EmptyAsync();
        await Programs.RunAsync(
            folder,
            "pg_basebackup",
            [new("PGPASSWORD", DataFolder.Password)],
            "--pgdata", "data", "--host", "127.0.0.1", "--port", $"{Port}", "--username", "postgres", "--checkpoint", "fast", "--write-recovery-conf", "--no-sync");
        var standby = new Cluster(folder, []);
        await standby.StartAsync();
        return standby;
    }

    /// <summary>Starts the server, and waits until it lets somebody in.</summary>
    public async Task StartAsync()
    {
        Begin();
        await UntilItAnswersAsync(static error => error is null);
    }

    /// <summary>Starts the server, which asks an archive for its log: it is starting up, and tells everybody so, until <see cref="LetStartAsync"/>.</summary>
    public async Task StartHeldUpAsync()
    {
        foreach (var file in (string[])[Hold, Path.Combine(Data, "recovery.signal")])
        {
            await File.WriteAllTextAsync(file, "");
            await Programs.HandOverAsync(file);
        }

        Begin($"restore_command=while test -e {Hold}; do sleep 0.05; done; false");
        await UntilItAnswersAsync(static error => error is PostgresException { SqlState: PostgresErrorCodes.CannotConnectNow });
    }

    public async Task LetStartAsync()
    {
        File.Delete(Hold);
        await UntilItAnswersAsync(static error => error is null);
    }

    /// <summary>Ends all sessions and stops with a checkpoint.</summary>
    public async Task StopFastAsync()
    {
        Signal.ShutDownFast(Postmaster);
        await EndedAsync();
    }

    /// <summary>Stops as it is; the next start recovers.</summary>
    public async Task StopAtOnceAsync()
    {
        Signal.ShutDownAtOnce(Postmaster);
        await EndedAsync();
    }

    /// <summary>Kills all processes but the first, which starts them anew after a recovery.</summary>
    public void KillNineChildren() => Array.ForEach(Signal.Children(Postmaster), Signal.KillNine);

    /// <summary>Kills all processes.</summary>
    public async Task KillNineAsync()
    {
        // Stopped first, so that it starts no child that nobody kills.
        Signal.Freeze(Postmaster);
        var children = Signal.Children(Postmaster);
        Signal.KillNine(Postmaster);
        Array.ForEach(children, Signal.KillNine);
        await EndedAsync();
        // Nobody waits for them any more, and no server starts while one of them still holds the shared memory of the old one.
        var waited = Stopwatch.StartNew();
        while (!Array.TrueForAll(children, Signal.HasEnded))
        {
            Assert.That(waited.Elapsed, Is.LessThan(Patience), "Who is killed ends.");
            await Task.Delay(5);
        }
    }

    /// <summary>Stops all processes where they are. Connections stay open, and the kernel accepts new ones.</summary>
    public void Freeze()
    {
        Signal.Freeze(Postmaster);
        _frozen = [Postmaster, .. Signal.Children(Postmaster)];
        Array.ForEach(_frozen, Signal.Freeze);
    }

    /// <summary>Stops one backend where it is.</summary>
    public void Freeze(int backend)
    {
        Signal.Freeze(backend);
        _frozen = [.. _frozen, backend];
    }

    /// <summary>Lets everything that is frozen go on.</summary>
    public void Thaw()
    {
        Array.ForEach(_frozen, Signal.Thaw);
        _frozen = [];
    }

    /// <summary>Waits until a standby keeps up, so that each commit waits for it.</summary>
    public async Task UntilSynchronousAsync()
    {
        var waited = Stopwatch.StartNew();
        while (!await ScalarAsync<bool>(
            "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = 'walreceiver' AND state = 'streaming' AND sync_state = 'sync')"))
        {
            Assert.That(waited.Elapsed, Is.LessThan(Patience), "The standby keeps up.");
            await Task.Delay(20);
        }
    }

    /// <summary>Makes a standby the primary.</summary>
    public async Task PromoteAsync() => Assert.That(await ScalarAsync<bool>("SELECT pg_promote()"), Is.True, "The standby is promoted.");

    /// <summary>Ends the caches' connections, and says how many there were.</summary>
    public Task<long> EndBackendsAsync() => ScalarAsync<long>(EndBackends);

    /// <summary>The backends of the caches' connections.</summary>
    public Task<int[]> BackendPidsAsync() =>
        ScalarAsync<int[]>("SELECT coalesce(array_agg(pid), '{}') FROM pg_stat_activity WHERE application_name = 'SolidCache.Postgres'");

    /// <summary>A connection of a client other than the cache.</summary>
    public async Task<NpgsqlConnection> ConnectAsync(int timeoutSeconds = 5)
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false, ApplicationName = "another client", Timeout = timeoutSeconds }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the server has come to every connection that was asked for before, also those whose client is gone: it takes them one after the other.</summary>
    public async Task UntilAllAreAcceptedAsync() => await (await ConnectAsync(timeoutSeconds: 30)).DisposeAsync();

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is { HasExited: false })
        {
            Thaw();
            await StopAtOnceAsync();
        }

        _server?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task EndedAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _server!.WaitForExitAsync(patience.Token);
        _server.Dispose();
        _server = null;
    }

    private void Begin(params string[] further) =>
        _server = Programs.StartIn(_network, _folder, "postgres", ServerArguments.Of(Port, Address, [.. _settings, .. further]));

    private async Task UntilItAnswersAsync(Predicate<NpgsqlException?> isExpected)
    {
        var waited = Stopwatch.StartNew();
        while (!isExpected(await RefusalAsync()))
        {
            if (_server!.HasExited || waited.Elapsed > Patience)
            {
                throw new AssertionException($"PostgreSQL did not start: {await File.ReadAllTextAsync(Programs.LogOf(_folder))}");
            }

            await Task.Delay(20);
        }
    }

    private async Task<NpgsqlException?> RefusalAsync()
    {
        try
        {
            await using var connection = await ConnectAsync();
            return null;
        }
        catch (NpgsqlException error)
        {
            return error;
        }
    }
}
