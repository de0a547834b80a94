using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Every string that gets near SQL, filled with SQL: a canary lives on, and the rows are those that were asked for.</summary>
[TestFixture(true)]
[TestFixture(false)]
public sealed class Injections(bool coalescing)
{
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpiration = DateTimeOffset.MaxValue };
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = TimeSpan.FromHours(1) };
    private TestDatabase _database = null!;

    private static string[] Texts => HostileText.Injections;

    [OneTimeSetUp]
    public async Task CreateCanaryAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync("CREATE TABLE canary (alive boolean); INSERT INTO canary VALUES (true)");
    }

    [OneTimeTearDown]
    public async Task DropAsync() => await _database.DisposeAsync();

    [TearDown]
    public async Task TheCanaryIsAliveAsync() => Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM canary WHERE alive"), Is.EqualTo(1));

    [Test]
    public async Task In_a_key()
    {
        await using var host = await StartAsync(options => options.TableName = $"keys_{coalescing}");
        await Task.WhenAll(Texts.Select((text, index) => host.Cache.SetAsync(text, [(byte)index], Sliding)));
        Assert.That(await RowsAsync("public", $"keys_{coalescing}"), Is.EquivalentTo(Texts));

        Assert.That(await Task.WhenAll(Texts.Select(text => host.Cache.GetAsync(text))), Is.EqualTo(Texts.Select((_, index) => new[] { (byte)index })));
        foreach (var text in Texts)
        {
            await host.Cache.RefreshAsync(text);
            host.Cache.Refresh(text);
            Assert.That(host.Cache.Get(text), Has.Length.EqualTo(1));
            Assert.That(await host.Cache.ExistsAsync(text), Is.True);
            await host.Cache.RemoveAsync(text);
            Assert.That(await host.Cache.GetTimeToLiveAsync(text), Is.Null);
        }

        Assert.That(await RowsAsync("public", $"keys_{coalescing}"), Is.Empty);
    }

    [Test]
    public async Task In_a_prefix_and_in_a_pattern()
    {
        await using var host = await StartAsync(options => options.TableName = $"removals_{coalescing}");
        foreach (var text in Texts.Where(text => !text.EndsWith('\\')))
        {
            await host.Cache.SetAsync("bystander", [1], Forever);
            await host.Cache.SetAsync(text + "1", [1], Forever);
            Assert.That(await host.Cache.RemoveByPrefixAsync(text), Is.EqualTo(1), text);
            await host.Cache.SetAsync(text + "1", [1], Forever);
            Assert.That(await host.Cache.RemoveByPatternAsync(text.Replace(@"\", @"\\", StringComparison.Ordinal) + "_"), Is.EqualTo(1), text);
            Assert.That(await RowsAsync("public", $"removals_{coalescing}"), Is.EqualTo((string[])["bystander"]), text);
        }
    }

    [TestCaseSource(nameof(Texts))]
    public async Task In_the_names_of_schema_and_table_and_in_the_key_prefix(string text)
    {
        await using (var host = await StartAsync(options => (options.SchemaName, options.TableName, options.KeyPrefix) = ($"{text}{coalescing}", text, text)))
        {
            await host.Cache.SetAsync("key", [1], Forever);
            Assert.That(await host.Cache.GetAsync("key"), Is.EqualTo(new byte[] { 1 }));
            Assert.That(await RowsAsync($"{text}{coalescing}", text), Is.EqualTo((string[])[text + "^key"]));
            Assert.That((await host.Cache.GetStatisticsAsync()).TotalEntries, Is.EqualTo(1));
            Assert.That(await host.Cache.RemoveExpiredAsync(), Is.Zero);
            await _database.ExecuteAsync(await SqlAsync("SELECT format('CALL %I.%I()', $1, $2)", $"{text}{coalescing}", text + "_sweep_expired"));
            await _database.ExecuteAsync(await SqlAsync("SELECT format('SELECT %I.%I()', $1, $2)", $"{text}{coalescing}", text + "_cleanup_expired"));
            await _database.ExecuteAsync(await SqlAsync("SELECT format('SELECT %1$I.%2$I(''canary'', ''is {alive}'', %3$L)', $1, $2 || '_remove_on_change', $2)", $"{text}{coalescing}", text));
            await _database.ExecuteAsync("UPDATE canary SET alive = alive");
            Assert.That(await RowsAsync($"{text}{coalescing}", text), Is.EqualTo((string[])[text + "^is true", text + "^key"]));
            await _database.ExecuteAsync(await SqlAsync("SELECT format('SELECT %1$I.%2$I(''canary'', ''is {alive}'')', $1, $2 || '_forget')", $"{text}{coalescing}", text));
            await _database.ExecuteAsync(await SqlAsync("SELECT format('SELECT %1$I.%2$I(''key'', %3$L)', $1, $2 || '_remove', $2)", $"{text}{coalescing}", text));
            Assert.That(await host.Cache.GetAsync("key"), Is.Null);
            Assert.That(await host.Cache.RemoveByPrefixAsync(""), Is.EqualTo(2));
        }

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM pg_trigger WHERE tgrelid = 'canary'::regclass"), Is.Zero);

        Assert.That(
            await _database.ScalarAsync<long>("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname NOT LIKE 'keys%' AND relname NOT LIKE 'removals%'"),
            Is.EqualTo(1), "Only the canary was made in another schema than the cache's.");
    }

    [TestCaseSource(nameof(Texts))]
    public async Task In_the_script_for_those_who_run_their_own(string text)
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript($"{text}script{coalescing}", text));
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript($"{text}script{coalescing}", text));

        Assert.That(await RowsAsync($"{text}script{coalescing}", text), Is.Empty);
    }

    [Test]
    public async Task In_a_service_key()
    {
        var name = Texts[0];
        await using var provider = new ServiceCollection()
            .AddKeyedPostgresSolidCache(name, options => (options.ConnectionString, options.TableName, options.Coalescing) = (_database.ConnectionString, $"removals_{coalescing}", coalescing))
            .BuildServiceProvider();
        var cache = provider.GetRequiredKeyedService<ISolidCache>(name);

        await cache.SetAsync("of a keyed cache", [1], Forever);
        Assert.That(await cache.RemoveByPrefixAsync("of a"), Is.EqualTo(1));
    }

    private Task<CacheHost> StartAsync(Action<PostgresSolidCacheOptions> configure) => CacheHost.StartAsync(_database.ConnectionString, options =>
    {
        options.Coalescing = coalescing;
        configure(options);
    });

    private async Task<string[]> RowsAsync(string schema, string table)
    {
        var sql = await SqlAsync("SELECT format('SELECT coalesce(array_agg(key ORDER BY key), ''{}'') FROM %I.%I', $1, $2)", schema, table);
        return await _database.ScalarAsync<string[]>(sql);
    }

    private async Task<string> SqlAsync(string format, string first, string second)
    {
        await using var command = _database.Source.CreateCommand(format);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = first });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = second });
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
