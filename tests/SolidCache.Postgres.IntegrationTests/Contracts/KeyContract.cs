namespace SolidCache.Postgres.IntegrationTests.Contracts;

public sealed class KeyContract(Calling calling) : CacheContract(calling)
{
    private static readonly string[][] Confusable =
    [
        ["Key", "key", "KEY"],
        ["key", "key ", " key", "key\t", "key\n"],
        ["\u00e9", "e\u0301"],
        ["a%", "a_", "ab", @"a\", @"a\\", "a\\%"],
        ["'", "''", "\"", "\"\"", "';--", "$1", "$$"],
        ["", " ", "\0", "\0\0"],
        ["a\0b", "a\0c", "a", "ab"],
        ["\ud800", "\udfff", "\ud800\ud800", "\ufffd"],
        ["x\ud83d", "x\ud83d\ude00", "x\ude00"],
        ["^", "^a", "a^b", "a"],
        ["\ufeff", "\u200b", "\u00a0"],
    ];

    [TestCaseSource(nameof(Confusable))]
    public async Task Keys_are_compared_exactly(params string[] keys)
    {
        foreach (var key in keys)
        {
            await Cache.SetAsync(key, System.Text.Encoding.Unicode.GetBytes(key), Forever);
        }

        foreach (var key in keys)
        {
            Assert.That(await Cache.GetAsync(key), Is.EqualTo(System.Text.Encoding.Unicode.GetBytes(key)));
        }

        await Cache.RemoveAsync(keys[0]);

        Assert.That(await Cache.GetAsync(keys[0]), Is.Null);
        foreach (var key in keys[1..])
        {
            Assert.That(await Cache.GetAsync(key), Is.Not.Null);
        }
    }

    [TestCase(900)]
    [TestCase(1_024)]
    [TestCase(1_025)]
    [TestCase(20_000)]
    [TestCase(1_000_000)]
    public async Task Long_keys_that_differ_only_at_the_end_stay_distinct(int length)
    {
        var first = new string('k', length) + "1";
        var second = new string('k', length) + "2";
        await Cache.SetAsync(first, [1], Forever);
        await Cache.SetAsync(second, [2], Forever);

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Cache.GetAsync(first), Is.EqualTo(new byte[] { 1 }));
            Assert.That(await Cache.GetAsync(second), Is.EqualTo(new byte[] { 2 }));
            Assert.That(await Cache.GetAsync(new string('k', length)), Is.Null);
        });
    }

    [Test]
    public async Task A_key_that_looks_like_the_stored_form_of_a_long_one_is_another_key()
    {
        var prefix = NewKey();
        await Cache.SetAsync(prefix + new string('x', 2_000), [1], Forever);
        var stored = await Database.ScalarAsync<string>($"SELECT key FROM solid_cache_entries WHERE key LIKE '{prefix}%'");

        Assert.That(await Cache.GetAsync(stored), Is.Null);

        await Cache.SetAsync(stored, [2], Forever);
        Assert.That(await Cache.GetAsync(prefix + new string('x', 2_000)), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public async Task An_operator_finds_an_entry_by_its_key()
    {
        await Cache.SetAsync("user_profile:123", [1, 2], Forever);

        Assert.That(
            await Database.ScalarAsync<byte[]>("SELECT value FROM solid_cache_entries WHERE key = 'user_profile:123'"),
            Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public async Task Caches_that_share_a_table_under_different_prefixes_do_not_see_each_other()
    {
        await using var app = await StartNodeAsync(options => options.KeyPrefix = "app");
        await using var app2 = await StartNodeAsync(options => options.KeyPrefix = "app2");
        var first = CacheCalls.Of(Calling, app.Cache);
        var second = CacheCalls.Of(Calling, app2.Cache);
        await Cache.SetAsync("app^x", [0], Forever);
        await first.SetAsync("2x", [1], Forever);
        await first.SetAsync("x", [1], Forever);
        await second.SetAsync("x", [2], Forever);

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Cache.GetAsync("app^x"), Is.EqualTo(new byte[] { 0 }));
            Assert.That(await Cache.GetAsync("x"), Is.Null);
            Assert.That(await first.GetAsync("2x"), Is.EqualTo(new byte[] { 1 }));
            Assert.That(await second.GetAsync("x"), Is.EqualTo(new byte[] { 2 }));
        });

        await first.RemoveAsync("x");
        Assert.That(await second.GetAsync("x"), Is.Not.Null);
        Assert.That(await app.Cache.RemoveByPrefixAsync(""), Is.EqualTo(1));
        Assert.That(await second.GetAsync("x"), Is.Not.Null);
        Assert.That(await Cache.GetAsync("app^x"), Is.Not.Null);
    }

    [Test]
    public async Task Two_caches_in_one_schema_do_not_see_each_other()
    {
        await using var other = await StartNodeAsync(options => options.TableName = "other_entries");
        var key = NewKey();
        await Cache.SetAsync(key, [1], Forever);

        Assert.That(await CacheCalls.Of(Calling, other.Cache).GetAsync(key), Is.Null);

        await CacheCalls.Of(Calling, other.Cache).SetAsync(key, [2], Sliding(TimeSpan.FromMicroseconds(1)));
        Assert.That(await other.Cache.RemoveExpiredAsync(), Is.EqualTo(1));
        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 1 }));
    }

    [TestCase("my-cache", "my table")]
    [TestCase("Ünï\"codé", "Tablé\"; DROP TABLE users; --")]
    [TestCase("select", "user")]
    [TestCase("{schema}", "{state}")]
    [TestCase("back\\slash", "quote'd")]
    [TestCase("$$", "$1")]
    public async Task Names_that_need_quoting_work_and_inject_nothing(string schema, string table)
    {
        await using var node = await StartNodeAsync(options => (options.SchemaName, options.TableName) = (schema, table));
        var cache = CacheCalls.Of(Calling, node.Cache);
        var key = NewKey();

        await cache.SetAsync(key, [1], Sliding(TimeSpan.FromMinutes(1)));
        await cache.RefreshAsync(key);
        var read = await cache.GetAsync(key);
        var removed = await node.Cache.RemoveByPrefixAsync(key);
        await cache.SetAsync(key, [1], Sliding(TimeSpan.FromMicroseconds(1)));
        var swept = await node.Cache.RemoveExpiredAsync();
        await node.Cache.GetStatisticsAsync();
        await cache.RemoveAsync(key);

        Assert.That((read, removed, swept), Is.EqualTo((new byte[] { 1 }, 1L, 1L)));
        await using var command = Database.Source.CreateCommand("SELECT count(*) FROM pg_tables WHERE schemaname = $1 AND tablename IN ($2, $2 || '_state')");
        command.Parameters.Add(new() { Value = schema });
        command.Parameters.Add(new() { Value = table });
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(2L));
    }
}
