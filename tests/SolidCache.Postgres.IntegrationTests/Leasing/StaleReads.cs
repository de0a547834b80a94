using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using SolidCache.Postgres.HistoryWorker;
using SolidCache.Postgres.IntegrationTests.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>
/// Thirty-two callers on three nodes, and eight on a fourth that is killed again and again, read versions of data through the cache and change the data beside it,
/// with rollbacks, pauses between removal and commit, factories slower than their leases, and connections that are ended. A read that begins after a commit was
/// acknowledged may not return an older version.
/// </summary>
/// <remarks>SOLIDCACHE_STALE_SECONDS says for how long (3) at least: a busy machine takes longer for enough of them.</remarks>
public sealed class StaleReads
{
    private const int Callers = 32;
    private const int CallersOfTheKilled = 8;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("SOLIDCACHE_STALE_SECONDS") ?? "3", CultureInfo.InvariantCulture));

    /// <summary>The driver forgets a whole pool when one of its connections is ended: more often, and nearly all of the time goes to opening connections.</summary>
    private static readonly TimeSpan Peace = TimeSpan.FromSeconds(Math.Max(1, Duration.TotalSeconds / 100));

    private readonly ConcurrentQueue<string> _stale = new();
    private TestDatabase _database = null!;
    private CacheHost[] _nodes = null!;
    private NpgsqlDataSource _application = null!;
    private int _kills;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CacheHost.StartAsync(
            _database.ConnectionString, options => options.DefaultAbsoluteExpiration = TimeSpan.FromMinutes(10))));
        _application = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "shop", MaxPoolSize = 60 }.ConnectionString);
        _kills = 0;
        _stale.Clear();
    }

    [TearDown]
    public async Task StopAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _application.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestCase(RemovedBy.Key)]
    [TestCase(RemovedBy.Tag)]
    [TestCase(RemovedBy.Trigger)]
    public async Task Nobody_reads_what_was_changed_before_he_asked(RemovedBy how)
    {
        var data = await RunAsync(how, () => _kills > 0);

        Assert.That(_stale.Take(5), Is.Empty, $"{_stale.Count} of {data.Reads} reads");
    }

    [Test]
    public async Task Cache_aside_does_and_this_test_sees_it()
    {
        var data = await RunAsync(RemovedBy.NobodyInTime, () => !_stale.IsEmpty);

        Assert.That(_stale, Is.Not.Empty, $"{data.Reads} reads, {data.Writes} writes");
    }

    private async Task<VersionedData> RunAsync(RemovedBy how, Func<bool> hasShown)
    {
        var data = new VersionedData(_application, how, isShared: false, _stale.Enqueue);
        await data.CreateAsync();
        using var stopping = new CancellationTokenSource();
        var calls = Task.WhenAll(
        [
            .. Enumerable.Range(0, Callers).Select(caller => data.CallAsync(_nodes[caller % _nodes.Length].Cache, caller, stopping.Token)),
            EndConnectionsAsync(stopping.Token),
            how == RemovedBy.NobodyInTime ? Task.CompletedTask : KillNodesAsync(how, stopping.Token),
        ]);
        await Task.Delay(Duration);
        try
        {
            await Eventually.TrueAsync(() => data.Reads > 100 && data.Writes > 20 && hasShown(), "there are enough reads and writes to tell, and they have shown what they can");
        }
        finally
        {
            await stopping.CancelAsync();
            await calls;
        }

        await TestContext.Out.WriteLineAsync($"{data.Reads} reads, {data.Writes} writes, {data.Failures} failures, {_kills} nodes killed, {_stale.Count} stale");
        return data;
    }

    private async Task KillNodesAsync(RemovedBy how, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            using var node = await WorkerProcess.StartAsync(_database.ConnectionString, Worker.Reads, $"{how}", $"{CallersOfTheKilled}", $"{1_000 * (_kills + 1)}");
            await Task.Delay(Peace, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            foreach (var line in await node.KillAsync())
            {
                _stale.Enqueue(line);
            }

            _kills++;
        }
    }

    private async Task EndConnectionsAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(Peace, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _database.ExecuteAsync(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2) AS ended");
        }
    }
}
