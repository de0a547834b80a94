using System.Text;
using Npgsql;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.IntegrationTests.Contracts;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.Tests.Entries;

namespace SolidCache.Postgres.IntegrationTests.Removal;

/// <summary>What psql and other languages call in their transactions has the effect of the library's own removals.</summary>
public sealed class SqlFunctions() : ContractFixture(Calling.Async)
{
    private const string LongPrefix = "a prefix of 128 bytes, as long as may be: éééééééééééééééééééééééééééééééééééééééééé..";

    [TestCase(null)]
    [TestCase("app")]
    [TestCase(LongPrefix)]
    public async Task They_map_ten_thousand_keys_as_the_library_does(string? prefix)
    {
        var text = new NastyText(15);
        string[] keys =
        [
            .. Enumerable.Range(0, 10_000).Select(number => text.Next(NastyText.Storable) + (number % 5 == 0 ? "#sha256:" + NastyText.HexDigits64 : "")),
            .. Enumerable.Range(860, 200).SelectMany(length => (string[])[new('k', length), new string('k', length) + "é", new string('k', length) + "😀"]),
            "", "^", string.Concat(Enumerable.Repeat("😀", 5_000)),
        ];
        var space = new KeySpace(prefix);

        await using var command = Database.Source.CreateCommand(
            "SELECT ARRAY(SELECT public.solid_cache_stored_key(given.key, $2) FROM unnest($1) WITH ORDINALITY AS given (key, place) ORDER BY given.place)");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = keys });
        command.Parameters.Add(new NpgsqlParameter { Value = prefix ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        var stored = (string[])(await command.ExecuteScalarAsync())!;

        Assert.That(stored, Is.EqualTo(keys.Select(key => space.Map(key).Stored)));
        Assert.That(stored.Count(key => key.Contains("#sha256:", StringComparison.Ordinal)), Is.GreaterThan(2_000).And.LessThan(8_000), "Of all sorts.");
    }

    [TestCase("")]
    [TestCase("a^b")]
    [TestCase(LongPrefix + ".")]
    public void They_refuse_what_is_no_prefix(string prefix)
    {
        Assert.That(() => new KeySpace(prefix), Throws.ArgumentException);
        Assert.That(() => RunAsync("SELECT solid_cache_remove($1, $2)", "key", prefix), Throws.InstanceOf<PostgresException>().With.Message.Contains("is not a key prefix"));
    }

    [Test]
    public async Task A_removal_takes_effect_with_the_commit_and_not_with_a_rollback([Values] bool commits, [Values("key", "keys", "tag")] string how)
    {
        var key = NewKey();
        await SolidCache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = [key] });
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RemoveAsync(connection, how, key);

        Assert.That(await SolidCache.GetAsync(key), Is.Not.Null, "Until the commit everybody sees what was there.");
        await (commits ? transaction.CommitAsync() : transaction.RollbackAsync());
        Assert.That(await SolidCache.GetAsync(key), commits ? Is.Null : Is.Not.Null);
    }

    [Test]
    public async Task Neither_a_lease_from_before_a_removal_nor_one_from_before_its_commit_stores_anything([Values("key", "tag")] string how)
    {
        var key = NewKey();
        SolidCacheEntryOptions options = new() { Tags = [key] };
        await using var connection = await Database.Source.OpenConnectionAsync();
        await SolidCache.GetOrCreateAsync(key, async token =>
        {
            await using var transaction = await connection.BeginTransactionAsync(token);
            await RemoveAsync(connection, how, key);
            await using var other = await StartNodeAsync();
            Assert.That(await other.Cache.GetOrCreateAsync(key, _ => Bytes("old"), options, token), Is.EqualTo("old"u8.ToArray()));
            await transaction.CommitAsync(token);
            return "older"u8.ToArray();
        }, options);

        Assert.That(await SolidCache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task A_rollback_to_a_savepoint_takes_back_what_came_after_it()
    {
        var (kept, removed) = (NewKey(), NewKey());
        await SolidCache.SetAsync(kept, [1], new SolidCacheEntryOptions { Tags = [kept] });
        await SolidCache.SetAsync(removed, [1], Forever);
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RemoveAsync(connection, "key", removed);
        await transaction.SaveAsync("here");
        await RemoveAsync(connection, "key", kept);
        await RemoveAsync(connection, "tag", kept);
        await transaction.RollbackAsync("here");
        await transaction.CommitAsync();

        Assert.That((await SolidCache.ExistsAsync(kept), await SolidCache.ExistsAsync(removed)), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task A_prefix_is_that_of_the_caches_options_for_keys_and_for_tags()
    {
        await using var shop = await StartNodeAsync(options => options.KeyPrefix = "shop");
        foreach (var sql in (string[])["SELECT solid_cache_remove('k', 'shop')", "SELECT solid_cache_remove_keys('{k}', 'shop')", "SELECT solid_cache_remove_by_tag('t', 'shop')"])
        {
            await SolidCache.SetAsync("k", [1], new SolidCacheEntryOptions { Tags = ["t"] });
            await shop.Cache.SetAsync("k", [1], new SolidCacheEntryOptions { Tags = ["t"] });
            await Database.ExecuteAsync(sql);
            Assert.That((await SolidCache.ExistsAsync("k"), await shop.Cache.ExistsAsync("k")), Is.EqualTo((true, false)), sql);
        }
    }

    [Test]
    public async Task What_is_null_removes_nothing()
    {
        var before = await BarriersAsync();
        await Database.ExecuteAsync("SELECT solid_cache_remove(NULL), solid_cache_remove_keys(NULL), solid_cache_remove_keys('{NULL}'), solid_cache_remove_by_tag(NULL)");

        Assert.That(await BarriersAsync(), Is.EqualTo(before));

        Task<long> BarriersAsync() => Database.ScalarAsync<long>("SELECT (SELECT count(*) FROM solid_cache_entries) + (SELECT count(*) FROM solid_cache_tag_removals)");
    }

    [Test]
    public async Task Transactions_that_remove_the_same_keys_in_any_order_do_not_deadlock()
    {
        string[] keys = [.. Enumerable.Range(0, 200).Select(number => $"deadlock:{number}")];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(async seed =>
        {
            var random = new Random(seed);
            for (var round = 0; round < 10; round++)
            {
                string[] mine = [.. keys];
                random.Shuffle(mine);
                await RunAsync("SELECT solid_cache_remove_keys($1)", [mine]);
            }
        }));

        Assert.That(await Database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key LIKE 'deadlock:%'"), Is.EqualTo(200));
    }

    [Test]
    public async Task After_their_schema_was_renamed_they_remove_nothing_rather_than_from_another_cache()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("before"));
        await database.ExecuteAsync("CREATE TABLE users (id bigint); SELECT before.solid_cache_remove_on_change('users', 'user:{id}'); ALTER SCHEMA before RENAME TO after");
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("before"));
        // A session in which a function was called before takes it for the old one still.
        database.Source.Clear();
        foreach (var call in (string[])["remove('k')", "remove_keys('{k}')", "remove_by_tag('t')", "remove_on_change('users', 'k')", "forget('users', 'user:{id}')"])
        {
            await Assert.ThatAsync(() => database.ExecuteAsync($"SELECT after.solid_cache_{call}"), Throws.InstanceOf<PostgresException>().With.Message.Contains("was renamed"), call);
        }

        await Assert.ThatAsync(() => database.ExecuteAsync("INSERT INTO users VALUES (1)"), Throws.InstanceOf<PostgresException>().With.Message.Contains("was renamed"));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM before.solid_cache_entries"), Is.Zero);
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript("after"));
        await database.ExecuteAsync("SELECT after.solid_cache_remove('k'); INSERT INTO users VALUES (1)");
        Assert.That(await database.ScalarAsync<string[]>("SELECT array_agg(key ORDER BY key) FROM after.solid_cache_entries"), Is.EqualTo((string[])["k", "user:1"]));
    }

    [TestCase("two\nlines", "a\ntable\n")]
    [TestCase("three\n\nlines", "table")]
    [TestCase("schema", "a\r\n\ttable")]
    public async Task Names_of_several_lines_are_known(string schema, string table)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync($"CREATE SCHEMA \"{schema}\"; CREATE TABLE public.users (id bigint)");
        await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(schema, table));
        foreach (var call in (string[])["SELECT {0}_remove\"('k')", "SELECT {0}_remove_by_tag\"('t')", "SELECT {0}_remove_on_change\"('public.users', 'user:{{id}}')", "SELECT {0}_cleanup_expired\"()", "CALL {0}_sweep_expired\"()"])
        {
            await Assert.ThatAsync(() => database.ExecuteAsync(string.Format(null, call, $"\"{schema}\".\"{table}")), Throws.Nothing, call);
        }

        await database.ExecuteAsync("INSERT INTO public.users VALUES (1)");
        Assert.That(await database.ScalarAsync<long>($"SELECT count(*) FROM \"{schema}\".\"{table}\" WHERE key = 'user:1'"), Is.EqualTo(1));
        await database.ExecuteAsync($"ALTER SCHEMA \"{schema}\" RENAME TO after");
        database.Source.Clear();
        await Assert.ThatAsync(() => database.ExecuteAsync($"SELECT after.\"{table}_remove\"('k')"), Throws.InstanceOf<PostgresException>().With.Message.Contains("was renamed"));
    }

    /// <summary>PL/pgSQL's context as its translations have it, and a schema whose name ends as the cache's.</summary>
    [TestCase("PL/pgSQL function {0} line 6 at GET DIAGNOSTICS")]
    [TestCase("PL/pgSQL-Funktion {0} Zeile 6 bei GET DIAGNOSTICS")]
    [TestCase("fonction PL/pgSQL {0}, ligne 6 à GET DIAGNOSTICS")]
    [TestCase("PL/pgSQL関数{0}の6行目 - GET DIAGNOSTICS")]
    [TestCase("PL/pgSQL 함수 \"{0}\" 의 6번째 GET DIAGNOSTICS")]
    [TestCase("{0} PL/pgSQL fonksiyonu, 6. satır, GET DIAGNOSTICS içinde")]
    [TestCase("PL/pgSQL 函数 {0} 第 6 行的 GET DIAGNOSTICS 处")]
    [TestCase("συνάρτηση PL/pgSQL {0} γραμμή 6 στο GET DIAGNOSTICS")]
    public async Task They_know_their_name_in_every_language_of_the_server(string context)
    {
        await using var database = await TestDatabase.CreateAsync();
        string[] schemas = ["public", "a schema \"\"名"];
        foreach (var schema in schemas)
        {
            await database.ExecuteAsync($"CREATE SCHEMA IF NOT EXISTS \"{schema}\"");
            await database.ExecuteAsync(PostgresSolidCacheSchema.GetScript(schema.Replace("\"\"", "\"", StringComparison.Ordinal)));
            var name = schema == "public" ? schema : $"\"{schema}\"";
            foreach (var (routine, call) in ((string, string)[])[("solid_cache_remove", "SELECT {0}('k')"), ("cleanup_expired_cache", "SELECT {0}()"), ("sweep_expired_cache", "CALL {0}()")])
            {
                await SaysAsync(name, routine, $"{name}.{routine}(");
                await Assert.ThatAsync(() => database.ExecuteAsync(string.Format(null, call, $"{name}.{routine}")), Throws.Nothing);
                foreach (var renamed in (string[])[schema == "public" ? "notpublic" : $"\"not{schema}\"", schema == "public" ? "\"not public\"" : $"\"not\"{name}", "other"])
                {
                    await SaysAsync(name, routine, $"{renamed}.{routine}(");
                    await Assert.ThatAsync(
                        () => database.ExecuteAsync(string.Format(null, call, $"{name}.{routine}")), Throws.InstanceOf<PostgresException>().With.Message.Contains("was renamed"), renamed);
                }
            }
        }

        // The function as it is, but told a context.
        async Task SaysAsync(string schema, string routine, string called) => await database.ExecuteAsync(
            $"""
            DO $do$
            BEGIN
              EXECUTE regexp_replace(
                pg_get_functiondef('{schema}.{routine}'::regproc),
                'GET DIAGNOSTICS called = PG_CONTEXT;|called := \$c\$.*?\$c\$;',
                'called := $c${string.Format(null, context, called + "text,text)")}$c$;');
            END
            $do$
            """);
    }

    private static ValueTask<byte[]> Bytes(string text) => ValueTask.FromResult(Encoding.UTF8.GetBytes(text));

    private static async Task RemoveAsync(NpgsqlConnection connection, string how, string key)
    {
        var sql = how switch
        {
            "key" => "SELECT solid_cache_remove($1)",
            "keys" => "SELECT solid_cache_remove_keys(ARRAY[$1, $1, 'another'])",
            _ => "SELECT solid_cache_remove_by_tag($1)",
        };
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = key } } };
        await command.ExecuteNonQueryAsync();
    }

    private async Task RunAsync(string sql, params object[] arguments)
    {
        await using var command = Database.Source.CreateCommand(sql);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        await command.ExecuteNonQueryAsync();
    }
}
