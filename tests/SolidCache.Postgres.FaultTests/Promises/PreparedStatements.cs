using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>Statements that others have deallocated, and plans that were made when the table was tiny.</summary>
public sealed class PreparedStatements : OneServer
{
    private const int Rows = 300_000;

    /// <summary>So few that each connection has seen all kinds of statements before it is told to forget them.</summary>
    private const int Pool = 6;

    /// <summary>After five executions a server may plan a statement for all values, for good.</summary>
    private const int Rounds = 12;

    [Test]
    public async Task Nobody_notices_that_all_statements_were_deallocated(
        [Values("DEALLOCATE ALL", "DISCARD ALL")] string statement, [Values] bool coalescing)
    {
        await using var source = NpgsqlDataSource.Create(Server.ConnectionString + $";Maximum Pool Size={Pool};Timeout=2");
        await using var node = await CacheHost.StartAsync(
            null!,
            options =>
            {
                (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(5));
                options.DurableKeyPrefixes.Add("durable");
            },
            services => services.AddSingleton(source));
        var failed = new List<Ended>();
        await node.Cache.SetAsync("sliding", [1], new() { SlidingExpiration = TimeSpan.FromHours(1) });
        for (var round = 0; round < 16; round++)
        {
            await Server.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() + interval '1 minute' WHERE key = 'sliding'");
            // Batches of several kinds come first on connections that have forgotten everything, and had seen all of it.
            Task<Ended[]> calls;
            await using (await OtherTransaction.StartAsync(Server, "LOCK TABLE solid_cache_entries"))
            {
                // One waits with the first call, so that another goes out with all the others.
                calls = CallAllAsync(node.Cache, round);
                await Task.Delay(TimeSpan.FromMilliseconds(50));
            }

            failed.AddRange((await calls).Where(end => end.Error is not null));
            if (round % 4 == 3)
            {
                await ForgetAsync(source, statement);
            }
        }

        Assert.That(failed.Take(5), Is.Empty, $"{failed.Count} calls failed.");
        Assert.That(await node.Cache.GetAsync("set:7"), Is.EqualTo((byte[])[15]), "What was acknowledged is there.");
    }

    [Test]
    public async Task A_table_that_has_grown_is_read_and_written_by_its_index([Values] bool coalescing)
    {
        await using var node = await StartNodeAsync(options =>
        {
            (options.Coalescing, options.OperationTimeout) = (coalescing, TimeSpan.FromSeconds(10));
            options.DurableKeyPrefixes.Add("durable");
        });
        await Server.ExecuteAsync("ALTER TABLE solid_cache_entries SET (autovacuum_enabled = off)");
        await node.Cache.SetAsync("sliding", [1], new() { SlidingExpiration = TimeSpan.FromHours(1) });
        await Server.ExecuteAsync("ANALYZE solid_cache_entries");
        for (var round = 0; round < Rounds; round++)
        {
            await CallAllAsync(node.Cache, round);
            await CallOneByOneAsync(node.Cache);
        }

        await Server.ExecuteAsync(
            $"INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'many:' || i, 'x' FROM generate_series(1, {Rows}) AS i");
        var ends = await CallAllAsync(node.Cache, 0);
        await CallOneByOneAsync(node.Cache);
        await EndConnectionsAsync();

        Assert.That(ends.Where(end => end.Error is not null).Take(3), Is.Empty);
        // Those scans included that were right, when there were a few rows to see: a connection may tell of them late.
        Assert.That(await RowsScannedAsync(), Is.LessThan(Rows), "No call has read the whole table.");
    }

    /// <summary>A server that has never looked at a table takes it to be small; and nobody has told it otherwise.</summary>
    [Test]
    public async Task A_table_that_was_empty_when_its_statements_were_prepared_is_read_by_its_index([Values] bool coalescing, [Values] bool isShared)
    {
        await using var source = NpgsqlDataSource.Create(Server.ConnectionString + ";Application Name=SolidCache.Postgres");
        var node = await StartNodeAsync(
            options => options.Coalescing = coalescing, isShared ? null : Server.ConnectionString, services => _ = isShared ? services.AddSingleton(source) : services);
        await Server.ExecuteAsync("ALTER TABLE solid_cache_entries SET (autovacuum_enabled = off)");
        for (var round = 0; round < Rounds; round++)
        {
            await ReadAllAsync(node.Cache);
        }

        Assert.That(await Server.ScalarAsync<float>("SELECT reltuples FROM pg_class WHERE relname = 'solid_cache_entries'"), Is.LessThanOrEqualTo(0), "Nobody has looked.");
        await CopyAsync();
        var ends = await ReadAllAsync(node.Cache);
        await EndConnectionsAsync();

        var scanned = await RowsScannedAsync();
        await TestContext.Out.WriteLineAsync($"{ends.MaxBy(end => end.After)}; {scanned} rows were scanned");
        Assert.That(ends.Where(end => end.Error is not null).Take(3), Is.Empty);
        Assert.That(scanned, Is.LessThan(Rows), "No call has read the whole table.");
    }

    private static Task<Ended[]> ReadAllAsync(ISolidCache cache) => Ended.OfAllAsync(Enumerable.Range(0, 20).SelectMany(number => (Func<Task>[])
    [
        () => cache.GetAsync($"many:{number}"),
        () => cache.ExistsAsync($"many:{number}"),
        () => cache.RefreshAsync($"many:{number}"),
        () => Verb.OnAThread(() => cache.Get($"many:{number}")),
    ]));

    private async Task CopyAsync()
    {
        await using var other = await Server.ConnectAsync();
        await using var rows = await other.BeginTextImportAsync("COPY solid_cache_entries (expires_at, key, value) FROM STDIN");
        for (var number = 0; number < Rows; number++)
        {
            await rows.WriteAsync($"infinity\tmany:{number}\tx\n");
        }
    }

    /// <summary>Sets of both durabilities, removes and touches that travel together, and reads.</summary>
    private static Task<Ended[]> CallAllAsync(ISolidCache cache, int round) =>
        Ended.OfAllAsync(Enumerable.Range(0, 40).SelectMany(number => (Func<Task>[])
        [
            () => cache.SetAsync($"set:{number}", [(byte)round], Forever),
            () => cache.SetAsync($"durable:{number}", [(byte)round], Forever),
            () => cache.RemoveAsync($"removed:{number}"),
            () => cache.RefreshAsync("sliding"),
            () => cache.GetAsync($"set:{number}"),
            () => cache.ExistsAsync($"set:{number}"),
            () => Verb.OnAThread(() => cache.Get($"set:{number}")),
            () => Verb.OnAThread(() => cache.Remove($"removed:{number}")),
        ]));

    /// <summary>Each of them alone, for which there may be other statements.</summary>
    private static async Task CallOneByOneAsync(ISolidCache cache)
    {
        foreach (var verb in Verb.OfAKey)
        {
            Assert.That((await verb.EndAsync(cache, "alone")).Error, Is.Null, verb.Name);
        }

        await cache.SetAsync("durable alone", [1], Forever);
        await cache.GetAsync("sliding");
    }

    /// <summary>What an application does with a connection that it shares with the cache: with all of them, as nobody calls.</summary>
    private static async Task ForgetAsync(NpgsqlDataSource source, string statement)
    {
        var connections = await Task.WhenAll(Enumerable.Range(0, Pool).Select(_ => source.OpenConnectionAsync().AsTask()));
        foreach (var connection in connections)
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }

        await Task.WhenAll(connections.Select(connection => connection.DisposeAsync().AsTask()));
    }

    private Task<long> RowsScannedAsync() =>
        Server.ScalarAsync<long>("SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'solid_cache_entries'");
}
