using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Leasing;

/// <summary>
/// Thirty-two callers on three nodes read versions of data through the cache and change the data beside it, with rollbacks, pauses between removal and commit,
/// factories slower than their leases, and connections that are ended. A read that begins after a commit was acknowledged may not return an older version.
/// </summary>
/// <remarks>SOLIDCACHE_STALE_SECONDS says for how long (3) at least: a busy machine takes longer for enough of them.</remarks>
public sealed class StaleReads
{
    private const int Keys = 12;
    private const int Callers = 32;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        double.Parse(Environment.GetEnvironmentVariable("SOLIDCACHE_STALE_SECONDS") ?? "3", CultureInfo.InvariantCulture));

    private readonly long[] _acknowledged = new long[Keys];
    private readonly ConcurrentQueue<string> _stale = new();
    private TestDatabase _database = null!;
    private CacheHost[] _nodes = null!;
    private NpgsqlDataSource _application = null!;
    private long _reads;
    private long _writes;
    private long _failures;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CacheHost.StartAsync(
            _database.ConnectionString, options => options.DefaultAbsoluteExpiration = TimeSpan.FromMinutes(10))));
        _application = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "shop", MaxPoolSize = 60 }.ConnectionString);
        await _database.ExecuteAsync($"CREATE TABLE data AS SELECT id, 0::bigint AS version FROM generate_series(0, {Keys - 1}) AS id; ALTER TABLE data ADD PRIMARY KEY (id)");
        (_reads, _writes, _failures) = (0, 0, 0);
        Array.Clear(_acknowledged);
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

    [TestCase("key")]
    [TestCase("tag")]
    public async Task Nobody_reads_what_was_changed_before_he_asked(string how)
    {
        await RunAsync(GetOrCreateAsync, (transaction, cache, id) => how == "key"
            ? cache.RemoveAsync(Key(id), transaction)
            : cache.RemoveByTagAsync(Tag(id), transaction));

        Assert.That(_stale.Take(5), Is.Empty, $"{_stale.Count} of {_reads} reads");
    }

    [Test]
    public async Task Cache_aside_does_and_this_test_sees_it()
    {
        await RunAsync(CacheAsideAsync, removeIn: null);

        Assert.That(_stale, Is.Not.Empty, $"{_reads} reads, {_writes} writes");
    }

    private static string Key(int id) => $"data:{id}";

    private static string Tag(int id) => $"group:{id % 4}";

    private async Task RunAsync(Func<ISolidCache, int, Task<long>> read, Func<NpgsqlTransaction, ISolidCache, int, Task>? removeIn)
    {
        using var stopping = new CancellationTokenSource();
        var calls = Task.WhenAll([.. Enumerable.Range(0, Callers).Select(caller => CallAsync(caller, read, removeIn, stopping.Token)), EndConnectionsAsync(stopping.Token)]);
        await Task.Delay(Duration);
        try
        {
            await Eventually.TrueAsync(() => Volatile.Read(ref _reads) > 100 && Volatile.Read(ref _writes) > 20, "there are enough reads and writes to tell");
        }
        finally
        {
            await stopping.CancelAsync();
            await calls;
        }

        await TestContext.Out.WriteLineAsync($"{_reads} reads, {_writes} writes, {_failures} failures, {_stale.Count} stale");
    }

    private async Task CallAsync(int caller, Func<ISolidCache, int, Task<long>> read, Func<NpgsqlTransaction, ISolidCache, int, Task>? removeIn, CancellationToken stopping)
    {
        var random = new Random(caller);
        var cache = _nodes[caller % _nodes.Length].Cache;
        await Task.Yield();
        while (!stopping.IsCancellationRequested)
        {
            var id = random.Next(Keys);
            try
            {
                if (random.Next(10) == 0)
                {
                    await WriteAsync(cache, id, random, removeIn);
                    continue;
                }

                var known = Volatile.Read(ref _acknowledged[id]);
                var found = await read(cache, id);
                Interlocked.Increment(ref _reads);
                if (found < known)
                {
                    _stale.Enqueue($"{Key(id)}: version {found} after {known} was acknowledged");
                }
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or SolidCacheException)
            {
                Interlocked.Increment(ref _failures);
            }
        }
    }

    private async Task WriteAsync(ISolidCache cache, int id, Random random, Func<NpgsqlTransaction, ISolidCache, int, Task>? removeIn)
    {
        await using var connection = await _application.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var update = new NpgsqlCommand("UPDATE data SET version = version + 1 WHERE id = $1 RETURNING version", connection, transaction) { Parameters = { new() { Value = id } } };
        var version = (long)(await update.ExecuteScalarAsync())!;
        if (removeIn is not null)
        {
            await removeIn(transaction, cache, id);
        }

        if (random.Next(4) == 0)
        {
            await Task.Delay(random.Next(20));
        }

        if (random.Next(8) == 0)
        {
            await transaction.RollbackAsync();
            return;
        }

        await transaction.CommitAsync();
        if (removeIn is null)
        {
            await cache.RemoveAsync(Key(id));
        }

        Interlocked.Increment(ref _writes);
        long known;
        while ((known = Volatile.Read(ref _acknowledged[id])) < version && Interlocked.CompareExchange(ref _acknowledged[id], version, known) != known)
        {
            // Somebody else has raised it meanwhile.
        }
    }

    private async Task<long> ReadDataAsync(int id, CancellationToken token)
    {
        await using var command = _application.CreateCommand("SELECT version FROM data WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        var version = (long)(await command.ExecuteScalarAsync(token))!;
        // Between reading and storing, as a slow query or a busy machine does; now and then for longer than the lease.
        await Task.Delay(Random.Shared.Next(100) switch { 0 => 250, < 20 => 5, _ => 0 }, token);
        return version;
    }

    private async Task<long> GetOrCreateAsync(ISolidCache cache, int id)
    {
        var options = new SolidCacheEntryOptions { Tags = [Tag(id)], LeaseDuration = TimeSpan.FromMilliseconds(100), LeaseWait = TimeSpan.FromMilliseconds(50) };
        return BitConverter.ToInt64(await cache.GetOrCreateAsync(Key(id), async token => BitConverter.GetBytes(await ReadDataAsync(id, token)), options));
    }

    private async Task<long> CacheAsideAsync(ISolidCache cache, int id)
    {
        if (await cache.GetAsync(Key(id)) is { } stored)
        {
            return BitConverter.ToInt64(stored);
        }

        var version = await ReadDataAsync(id, CancellationToken.None);
        await cache.SetAsync(Key(id), BitConverter.GetBytes(version), new());
        return version;
    }

    private async Task EndConnectionsAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(300, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _database.ExecuteAsync(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 2) AS ended");
        }
    }
}
