using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>How often the server plans what it has prepared: where it sees how few the keys of a batch are, it does so each time.</summary>
public sealed class PlanCostContract
{
    private const int Rounds = 100;
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
