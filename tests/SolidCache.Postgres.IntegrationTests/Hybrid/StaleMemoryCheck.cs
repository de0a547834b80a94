using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>
/// Callers on three nodes read versions of data through HybridCache and change the data beside it. A read that begins later than the bound on staleness after a change was
/// acknowledged may not return what was there before; on the node whose HybridCache removed the entry itself, no read that begins after it.
/// </summary>
internal sealed class StaleMemoryCheck(string connectionString, TimeSpan bound, int readsToAWrite = 40) : IAsyncDisposable
{
    private const int Keys = 12;
    private const int Callers = 32;
    private const int Nodes = 3;
    private readonly ConcurrentQueue<(long Version, long At)>[] _acknowledged = [.. Enumerable.Range(0, Keys).Select(static _ => new ConcurrentQueue<(long, long)>())];
    private readonly long[] _removedOnNode = new long[Nodes * Keys];
    private readonly CacheHost[] _nodes = new CacheHost[Nodes];
    private readonly NpgsqlDataSource _application = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { ApplicationName = "shop", MaxPoolSize = 60 }.ConnectionString);
    private long _reads;
    private long _made;
    private long _writes;
    private long _failures;
    private long _late;

    public ConcurrentQueue<string> Stale { get; } = new();

    public long Reads => _reads;

    public long Writes => _writes;

    public override string ToString() => $"{_reads} reads, {_made} of them made, {_writes} writes, {_failures} failures, {_late} reads within the bound were of an older version, {Stale.Count} stale";

    public async Task StartAsync()
    {
        await ExecuteAsync($"CREATE TABLE data AS SELECT id, 0::bigint AS version FROM generate_series(0, {Keys - 1}) AS id; ALTER TABLE data ADD PRIMARY KEY (id)");
        for (var node = 0; node < Nodes; node++)
        {
            await RestartAsync(node);
        }
    }

    /// <summary>Replaces a node by another, whose memory is empty.</summary>
    public async Task RestartAsync(int node)
    {
        var old = _nodes[node];
        _nodes[node] = await CacheHost.StartAsync(connectionString, configureServices: services => services.AddPostgresSolidHybridCache(options =>
        {
            options.OperationTimeout = TimeSpan.FromSeconds(5);
            (options.Invalidation.PollInterval, options.Invalidation.MaxStaleness, options.Hybrid.ReadBudget) = (bound / 4, bound, TimeSpan.FromMilliseconds(500));
        }));
        if (old is not null)
        {
            await old.DisposeAsync();
        }
    }

    public async Task RunAsync(TimeSpan duration, Func<CancellationToken, Task> disturbAsync)
    {
        using var stopping = new CancellationTokenSource(duration);
        await Task.WhenAll([.. Enumerable.Range(0, Callers).Select(caller => CallAsync(caller, stopping.Token)), disturbAsync(stopping.Token)]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await _application.DisposeAsync();
    }

    private static string Key(int id) => $"data:{id}";

    private static string Tag(int id) => $"group:{id % 4}";

    private async Task CallAsync(int caller, CancellationToken stopping)
    {
        var random = new Random(caller);
        await Task.Yield();
        while (!stopping.IsCancellationRequested)
        {
            var (id, node) = (random.Next(Keys), random.Next(Nodes));
            try
            {
                if (random.Next(readsToAWrite) == 0)
                {
                    await WriteAsync(node, id, random);
                }
                else
                {
                    await ReadAsync(node, id, random);
                }
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or SolidCacheException or ObjectDisposedException or OperationCanceledException)
            {
                Interlocked.Increment(ref _failures);
            }

            // Memory answers at once: somebody else is to have his turn.
            await Task.Yield();
        }
    }

    private async Task ReadAsync(int node, int id, Random random)
    {
        var cache = _nodes[node];
        var began = Stopwatch.GetTimestamp();
        var removed = Volatile.Read(ref _removedOnNode[(node * Keys) + id]);
        var (confirmed, newest) = (Known(id, began - (long)(bound.TotalSeconds * Stopwatch.Frequency)), Known(id, began));
        var found = await cache.Services.GetRequiredService<HybridCache>().GetOrCreateAsync(
            Key(id), (Check: this, Id: id), static (state, token) => state.Check.ReadDataAsync(state.Id, token), tags: random.Next(2) == 0 ? [Tag(id)] : [Tag(id), "all"]);
        Interlocked.Increment(ref _reads);
        if (found < confirmed || (found < removed && cache == _nodes[node]))
        {
            Stale.Enqueue($"{Key(id)} on {node}: version {found}, though {confirmed} was acknowledged {bound} before, and {removed} on the node itself");
        }
        else if (found < newest)
        {
            Interlocked.Increment(ref _late);
        }
    }

    /// <summary>The newest version that was acknowledged at a time.</summary>
    private long Known(int id, long at)
    {
        var changes = _acknowledged[id];
        var newest = 0L;
        foreach (var (version, when) in changes)
        {
            newest = when <= at ? Math.Max(newest, version) : newest;
        }

        // Those before the last ten are long past, and their versions smaller.
        while (changes.Count > 200 && changes.TryPeek(out var oldest) && oldest.At < at && oldest.Version < newest)
        {
            changes.TryDequeue(out _);
        }

        return newest;
    }

    private async Task WriteAsync(int node, int id, Random random)
    {
        var cache = _nodes[node];
        var hybrid = cache.Services.GetRequiredService<HybridCache>();
        await using var connection = await _application.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var update = new NpgsqlCommand("UPDATE data SET version = version + 1 WHERE id = $1 RETURNING version", connection, transaction) { Parameters = { new() { Value = id } } };
        var version = (long)(await update.ExecuteScalarAsync())!;
        var how = random.Next(6);
        if (how == 0)
        {
            await cache.Cache.RemoveAsync(Key(id), transaction);
        }
        else if (how == 1)
        {
            await cache.Cache.RemoveByTagAsync(Tag(id), transaction);
        }
        else if (how == 2)
        {
            await using var delete = new NpgsqlCommand("SELECT solid_cache_remove($1)", connection, transaction) { Parameters = { new() { Value = Key(id) } } };
            await delete.ExecuteNonQueryAsync();
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
        if (how > 2)
        {
            await (how switch
            {
                3 => hybrid.RemoveAsync(Key(id)),
                4 => hybrid.RemoveByTagAsync(Tag(id)),
                _ => random.Next(5) == 0 ? hybrid.RemoveByTagAsync("*") : hybrid.RemoveByTagAsync(["nothing", Tag(id)]),
            });
            Raise(ref _removedOnNode[(node * Keys) + id], cache == _nodes[node] ? version : 0);
        }

        Interlocked.Increment(ref _writes);
        _acknowledged[id].Enqueue((version, Stopwatch.GetTimestamp()));
    }

    private static void Raise(ref long place, long version)
    {
        long known;
        while ((known = Volatile.Read(ref place)) < version && Interlocked.CompareExchange(ref place, version, known) != known)
        {
            // Somebody else has raised it meanwhile.
        }
    }

    private async ValueTask<long> ReadDataAsync(int id, CancellationToken token)
    {
        Interlocked.Increment(ref _made);
        await using var command = _application.CreateCommand("SELECT version FROM data WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        var version = (long)(await command.ExecuteScalarAsync(token))!;
        // Between reading and storing, as a slow query or a busy machine does.
        await Task.Delay(Random.Shared.Next(100) switch { 0 => 100, < 20 => 5, _ => 0 }, token);
        return version;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _application.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
