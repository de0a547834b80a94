using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>How often the server plans what it has prepared: where it sees how few the keys of a batch are, it does so each time. And what it reads by its plans.</summary>
public sealed class PlanCostContract
{
    private const int Rounds = 100;
    private const string TakenForEmpty =
        """
        ALTER TABLE solid_cache_entries SET (autovacuum_enabled = false);
        INSERT INTO solid_cache_entries (expires_at, key, value) SELECT '-infinity', 'gone:' || number, '' FROM generate_series(1, 10) AS number;
        DELETE FROM solid_cache_entries;
        ANALYZE solid_cache_entries;
        """;

    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Batches_of_few_keys_are_not_planned_anew()
    {
        await using var source = NpgsqlDataSource.Create(_database.ConnectionString);
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services.AddPostgresSolidCache(source, static options => options.ConnectionString = null));
        await _database.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'row:' || number, 'v' FROM generate_series(1, 20000) AS number");
        await _database.ExecuteAsync("ANALYZE solid_cache_entries");
        for (var round = 0; round < Rounds; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 4).Select(caller => node.Cache.GetAsync($"row:{round + caller}")));
            await Task.WhenAll(Enumerable.Range(0, 4).Select(caller => node.Cache.GetOrCreateAsync($"new:{round}:{caller}", static _ => ValueTask.FromResult("v"u8.ToArray())).AsTask()));
            await Task.WhenAll(Enumerable.Range(0, 4).Select(caller => node.Cache.RemoveAsync($"new:{round}:{caller}")));
        }

        var plans = await PlansAsync(source);
        foreach (var name in (string[])["get_many", "lease", "fill", "remove"])
        {
            var (often, anew) = plans.GetValueOrDefault(name);
            Assert.That(often, Is.GreaterThan(anew), $"{name}: {often} times by the plan that is kept, {anew} by one of its own.");
        }
    }

    private static readonly TestCaseData[] Verbs =
    [
        new((Func<ISolidCache, Task>)(cache => cache.GetAsync("row:7"))) { TestName = "{m}(get)" },
        new((Func<ISolidCache, Task>)(cache => cache.SetAsync("row:7", [1], new()))) { TestName = "{m}(set)" },
        new((Func<ISolidCache, Task>)(cache => cache.RemoveAsync("row:7"))) { TestName = "{m}(remove)" },
        new((Func<ISolidCache, Task>)(cache => Task.WhenAll(Enumerable.Range(0, 8).Select(number => cache.RemoveAsync($"row:{number}"))))) { TestName = "{m}(remove several)" },
        new((Func<ISolidCache, Task>)(cache => cache.GetAsync("due:7"))) { TestName = "{m}(get what slides)" },
        new((Func<ISolidCache, Task>)(cache => cache.RefreshAsync("due:7"))) { TestName = "{m}(refresh)" },
        new((Func<ISolidCache, Task>)(cache => cache.GetTimeToLiveAsync("row:7"))) { TestName = "{m}(time to live)" },
        new((Func<ISolidCache, Task>)(cache => cache.GetOrCreateAsync("row:7", static _ => ValueTask.FromResult(new byte[1])).AsTask())) { TestName = "{m}(get or create what is there)" },
        new((Func<ISolidCache, Task>)(cache => cache.GetOrCreateAsync("new", static _ => ValueTask.FromResult(new byte[1])).AsTask())) { TestName = "{m}(get or create)" },
        new((Func<ISolidCache, Task>)(cache => Task.WhenAll(Enumerable.Range(0, 8).Select(number => cache.GetOrCreateAsync($"new:{number}", static _ => ValueTask.FromResult(new byte[1])).AsTask())))) { TestName = "{m}(get or create several)" },
        new((Func<ISolidCache, Task>)(cache => cache.RemoveByPrefixAsync("row:19"))) { TestName = "{m}(remove by prefix)" },
        new((Func<ISolidCache, Task>)(cache => cache.RemoveByTagAsync("tag"))) { TestName = "{m}(remove by tag)" },
    ];

    /// <summary>Which it does as long as it was analysed last when all its rows were dead: joins looked through the whole index then, and locked once more for each row.</summary>
    [TestCaseSource(nameof(Verbs))]
    public async Task Nothing_reads_all_of_a_table_that_the_server_takes_for_empty(Func<ISolidCache, Task> verb)
    {
        const int Rows = 20_000;
        await PostgresServer.ExecuteAsync(_database.ConnectionString + ";Pooling=false", PostgresSolidCacheSchema.GetScript());
        await PostgresServer.ExecuteAsync(
            _database.ConnectionString + ";Pooling=false",
            $"""
            {TakenForEmpty}
            INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', 'row:' || number, '' FROM generate_series(1, {Rows}) AS number;
            INSERT INTO solid_cache_entries (expires_at, sliding_expiration, key, value) SELECT now() + interval '1 minute', 3600000000, 'due:' || number, '' FROM generate_series(1, 10) AS number;
            INSERT INTO solid_cache_entries (expires_at, key, value, tags, made_after) SELECT 'infinity', 'tagged:' || number, '', ARRAY['tag'], pg_current_snapshot() FROM generate_series(1, 10) AS number;
            """);
        var before = await RowsReadAsync();
        await using (var node = await CacheHost.StartAsync(_database.ConnectionString))
        {
            await verb(node.Cache);
        }

        Assert.That(await RowsReadAsync() - before, Is.LessThan(Rows / 4));

        // Backends report what they have read when they end.
        async Task<long> RowsReadAsync()
        {
            await Eventually.TrueAsync(async () => await _database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'") == 0, "all others have ended");
            return await _database.ScalarAsync<long>("SELECT seq_tup_read + (SELECT coalesce(sum(idx_tup_read), 0)::bigint FROM pg_stat_user_indexes WHERE relid = tables.relid) FROM pg_stat_user_tables AS tables WHERE relname = 'solid_cache_entries'");
        }
    }

    [Test]
    public async Task Nor_does_a_sweep_hold_each_row_against_each()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync(
            $"""
            {TakenForEmpty}
            INSERT INTO solid_cache_entries (expires_at, key, value) SELECT '-infinity', 'row:' || number, '' FROM generate_series(1, 50000) AS number;
            """);

        Assert.That(await _database.ScalarAsync<long>("SET statement_timeout = '20s'; SELECT cleanup_expired_cache()"), Is.EqualTo(50_000));
    }

    /// <summary>Of all connections of a source, none of which is in use.</summary>
    private static async Task<Dictionary<string, (long Kept, long Own)>> PlansAsync(NpgsqlDataSource source)
    {
        var plans = new Dictionary<string, (long Kept, long Own)>();
        var connections = new List<NpgsqlConnection>();
        for (var number = 0; number < 8; number++)
        {
            connections.Add(await source.OpenConnectionAsync());
            await using var command = new NpgsqlCommand(
                "SELECT substring(statement FROM '^/\\* solid_cache:(\\w+) '), generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE '/* solid\\_cache:%'", connections[^1]);
            await using var rows = await command.ExecuteReaderAsync();
            while (await rows.ReadAsync())
            {
                var (kept, own) = plans.GetValueOrDefault(rows.GetString(0));
                plans[rows.GetString(0)] = (kept + rows.GetInt64(1), own + rows.GetInt64(2));
            }
        }

        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        return plans;
    }
}
