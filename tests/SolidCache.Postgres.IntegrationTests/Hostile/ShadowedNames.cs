using Microsoft.Extensions.Caching.Distributed;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Whoever may create functions and operators in a schema of the role's search_path runs none of them in the cache's statements.</summary>
[Category(OneServer.Category)]
public sealed class ShadowedNames
{
    private readonly string _role = $"shadowed_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateShadowsAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await ShadowSchema.CreateAsync(_database);
        await _database.ExecuteAsync(
            $"""
            CREATE ROLE {_role} LOGIN PASSWORD 'secret';
            CREATE SCHEMA cache AUTHORIZATION {_role};
            """);
    }

    [OneTimeTearDown]
    public async Task DropAsync()
    {
        await _database.ExecuteAsync($"DROP OWNED BY {_role} CASCADE; DROP ROLE {_role}");
        await _database.DisposeAsync();
    }

    [Test]
    public async Task The_shadows_are_called_by_statements_that_are_not_made_for_them()
    {
        await SearchAsync(ShadowSchema.Name);
        foreach (var unguarded in (string[])["SELECT 1::bigint * interval '1 second'", "SELECT format('%s', 1::bigint)", "SELECT 1::oid = 'pg_class'::regclass"])
        {
            await Assert.ThatAsync(() => ExecuteAsync(unguarded), Throws.InstanceOf<PostgresException>().With.Message.Contains("shadow: "), unguarded);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task No_verb_of_the_cache_calls_a_function_or_an_operator_of_another_schema(bool coalescing)
    {
        await SearchAsync(ShadowSchema.Name);
        await using var node = await CacheHost.StartAsync(ConnectionString, options =>
        {
            (options.SchemaName, options.TableName, options.Coalescing) = ("cache", $"entries_{coalescing}", coalescing);
            options.SweepExpiredEntries = true;
        });
        var cache = node.Cache;

        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cache.SetAsync($"key:{number}", [1], Window(number))));
        await PassHalfAMinuteAsync(cache, $"cache.\"entries_{coalescing}\"");
        Assert.That(await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cache.GetAsync($"key:{number}"))), Has.All.EqualTo(new byte[] { 1 }));
        await PassHalfAMinuteAsync(cache, $"cache.\"entries_{coalescing}\"");
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cache.RefreshAsync($"key:{number}")));
        Assert.That(cache.Get("key:1"), Is.Not.Null);
        Assert.That(await cache.GetTimeToLiveAsync("key:1"), Is.GreaterThan(TimeSpan.FromSeconds(50)));
        Assert.That((await cache.GetStatisticsAsync()).TotalEntries, Is.EqualTo(40));
        await Task.WhenAll(Enumerable.Range(0, 5).Select(number => cache.RemoveAsync($"key:{number}")));
        Assert.That(await cache.RemoveByPatternAsync("key:1%"), Is.EqualTo(10));
        Assert.That(await cache.RemoveExpiredAsync(), Is.Zero);
        Assert.That(await cache.RemoveByPrefixAsync("key:"), Is.EqualTo(25));
        await Eventually.LoggedAsync(node, "cache_cleanup_executed");
        Assert.That(node.Logs.GetSnapshot().Where(record => record.Exception is not null || record.Message.Contains("shadow", StringComparison.Ordinal)), Is.Empty);
    }

    [TestCase("shadows")]
    [TestCase("shadows, pg_catalog")]
    public async Task Neither_do_the_function_and_the_procedure_whatever_the_callers_search_path(string path)
    {
        await SearchAsync("pg_catalog");
        await using (var node = await CacheHost.StartAsync(ConnectionString, options => (options.SchemaName, options.TableName) = ("cache", "swept")))
        {
            await SearchAsync(path);
            foreach (var sweep in (string[])["SELECT cache.swept_cleanup_expired()", "SELECT cache.swept_cleanup_expired(10)", "CALL cache.swept_sweep_expired()"])
            {
                await _database.ExecuteAsync("INSERT INTO cache.swept (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
                await ExecuteAsync(sweep);
                Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM cache.swept"), Is.Zero, sweep);
            }
        }
    }

    [Test]
    public async Task The_function_has_a_search_path_of_its_own()
    {
        await SearchAsync("pg_catalog");
        await using var node = await CacheHost.StartAsync(ConnectionString, options => (options.SchemaName, options.TableName) = ("cache", "pinned"));

        Assert.That(
            await _database.ScalarAsync<string[]>("SELECT proconfig FROM pg_proc WHERE proname = 'pinned_cleanup_expired'"),
            Is.EqualTo((string[])["search_path=pg_catalog, pg_temp"]));
        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM pg_proc WHERE pronamespace = 'cache'::regnamespace AND prosecdef"), Is.Zero, "Nobody gets another's rights.");
    }

    private string ConnectionString => _database.ConnectionStringOf(_role, "secret") + ";Pooling=false";

    private static DistributedCacheEntryOptions Window(int number) => new()
    {
        SlidingExpiration = TimeSpan.FromMinutes(1),
        AbsoluteExpirationRelativeToNow = number % 2 == 0 ? TimeSpan.FromHours(1) : null,
    };

    private Task SearchAsync(string path) => _database.ExecuteAsync($"ALTER ROLE {_role} SET search_path = {path}");

    /// <summary>Without the driver's own query of types, which is made for no such search_path.</summary>
    private Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(ConnectionString + ";Server Compatibility Mode=NoTypeLoading", sql);

    private async Task PassHalfAMinuteAsync(ISolidCache cache, string table)
    {
        await cache.RemoveByPrefixAsync("nothing starts like this");
        await _database.ExecuteAsync($"UPDATE {table} SET expires_at = expires_at - interval '30 seconds'");
    }
}
