using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>What travels together, as the server sees it, and what may not travel at all.</summary>
public sealed class Batches
{
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task Rows_are_written_in_the_order_of_the_bytes_of_their_keys()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.WriteConnections = 1);
        await _database.ExecuteAsync("TRUNCATE solid_cache_entries");
        var random = new Random(1);
        var keys = Enumerable.Range(0, 100).Select(_ => $"{(char)random.Next('a', 'z')}{char.ConvertFromUtf32(random.Next(0xE000, 0x1F000))}{random.Next()}").ToArray();

        await WhileTheTableIsLockedAsync(() => Task.WhenAll(keys.Select(key => node.Cache.SetAsync(key, [1], new()))));

        // A first call goes out alone; what waited behind it is one batch, whose rows lie in the table as they were inserted.
        var stored = await _database.ScalarAsync<string[]>("SELECT array_agg(key ORDER BY ctid) FROM solid_cache_entries");
        var sorted = await _database.ScalarAsync<string[]>("SELECT array_agg(key ORDER BY key) FROM solid_cache_entries");
        Assert.That(stored[1..], Is.EqualTo(sorted.Where(key => key != stored[0])));
        Assert.That(stored, Has.Length.EqualTo(keys.Length));
    }

    [Test]
    public async Task Concurrent_calls_share_transactions()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.WriteConnections = 1);
        await _database.ExecuteAsync("TRUNCATE solid_cache_entries");

        await WhileTheTableIsLockedAsync(() => Task.WhenAll(Enumerable.Range(0, 50).Select(number => node.Cache.SetAsync($"k{number}", [1], new()))));

        Assert.That(await _database.ScalarAsync<long>("SELECT count(DISTINCT xmin::text) FROM solid_cache_entries"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_full_queue_is_a_prompt_and_clear_error_and_what_waits_is_stored()
    {
        const int Limit = 100;
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, options => options.MaxQueuedCalls = Limit);
        await _database.ExecuteAsync("TRUNCATE solid_cache_entries");
        var refused = 0;
        var accepted = new List<Task>();

        await WhileTheTableIsLockedAsync(async () =>
        {
            for (var number = 0; number < 1_000; number++)
            {
                var set = node.Cache.SetAsync($"k{number}", [1], new());
                if (set.IsFaulted)
                {
                    refused++;
                    var error = await Assert.CatchAsync<SolidCacheException>(() => set);
                    Assert.That(error!.Message, Does.Contain($"{Limit} calls").And.Contain("does not keep up"));
                }
                else
                {
                    accepted.Add(set);
                }
            }
        });
        await Task.WhenAll(accepted);

        Assert.That(accepted, Has.Count.InRange(Limit, 4 * Limit));
        Assert.That(refused, Is.EqualTo(1_000 - accepted.Count));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.EqualTo(accepted.Count));
    }

    /// <summary>Begins calls while nothing can be written, so that those after the first wait for one another.</summary>
    private async Task WhileTheTableIsLockedAsync(Func<Task> begin)
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("LOCK TABLE solid_cache_entries IN SHARE MODE", connection);
        await command.ExecuteNonQueryAsync();
        var calls = begin();
        await transaction.RollbackAsync();
        await calls;
    }
}
