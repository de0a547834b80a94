namespace SolidCache.Postgres.IntegrationTests.Contracts;

[TestFixture(Calling.Async)]
[TestFixture(Calling.AsyncDirect)]
public sealed class RemovalContract(Calling calling) : ContractFixture(calling)
{
    [Test]
    public async Task Removal_by_prefix_removes_what_starts_with_it_and_counts()
    {
        var prefix = NewKey();
        await SetAllAsync($"{prefix}:a", $"{prefix}:b", $"{prefix}:", prefix, prefix.ToUpperInvariant() + ":c", "x" + prefix);

        Assert.That(await SolidCache.RemoveByPrefixAsync($"{prefix}:"), Is.EqualTo(3));

        Assert.That(await SolidCache.ExistsAsync($"{prefix}:a"), Is.False);
        Assert.That(await SolidCache.ExistsAsync(prefix), Is.True);
        Assert.That(await SolidCache.ExistsAsync(prefix.ToUpperInvariant() + ":c"), Is.True);
        Assert.That(await SolidCache.ExistsAsync("x" + prefix), Is.True);
    }

    [TestCase("%")]
    [TestCase("_")]
    [TestCase(@"\")]
    [TestCase("'")]
    [TestCase("\u00e9")]
    [TestCase("\ud83d\ude00")]
    [TestCase("\ud7ff")]
    [TestCase("\udbff\udfff")]
    [TestCase("^")]
    public async Task A_prefix_is_taken_literally(string special)
    {
        var start = NewKey();
        await SetAllAsync($"{start}{special}1", $"{start}{special}2", $"{start}x1", $"{start}");

        Assert.That(await SolidCache.RemoveByPrefixAsync(start + special), Is.EqualTo(2));
        Assert.That(await SolidCache.RemoveByPrefixAsync(start), Is.EqualTo(2));
    }

    [Test]
    public async Task Removal_by_prefix_finds_keys_of_any_form()
    {
        var start = NewKey();
        var longKey = start + new string('k', 5_000);
        await SetAllAsync(longKey, start + "\0", start + "a\ud800", start + "^", start + "plain");

        Assert.That(await SolidCache.RemoveByPrefixAsync(start), Is.EqualTo(5));

        await SetAllAsync(longKey, start + "\0x", start + "plain");
        Assert.That(await SolidCache.RemoveByPrefixAsync(longKey[..4_000]), Is.EqualTo(1));
        Assert.That(await SolidCache.RemoveByPrefixAsync(start + "\0"), Is.EqualTo(1));
        Assert.That(await SolidCache.RemoveByPrefixAsync(start), Is.EqualTo(1));
    }

    [Test]
    public async Task Removal_by_prefix_of_thousands_runs_in_slices()
    {
        var prefix = NewKey();
        await Database.ExecuteAsync(
            $"INSERT INTO solid_cache_entries (expires_at, key, value) SELECT 'infinity', '{prefix}:' || i, '' FROM generate_series(1, 5500) AS i");

        Assert.That(await SolidCache.RemoveByPrefixAsync(prefix), Is.EqualTo(5_500));
        Assert.That(await SolidCache.RemoveByPrefixAsync(prefix), Is.Zero);
    }

    [Test]
    public async Task The_empty_prefix_removes_the_whole_cache_and_nothing_of_another()
    {
        await using var own = await StartNodeAsync(options => options.KeyPrefix = "own");
        await using var bystander = await StartNodeAsync(options => options.KeyPrefix = "bystander");
        await own.Cache.SetAsync("a", [1], Forever);
        await own.Cache.SetAsync("b", [1], Forever);
        await bystander.Cache.SetAsync("a", [1], Forever);
        await SolidCache.SetAsync("whole-cache", [1], Forever);

        Assert.That(await own.Cache.RemoveByPrefixAsync(""), Is.EqualTo(2));
        Assert.That(await SolidCache.RemoveByPrefixAsync(""), Is.GreaterThanOrEqualTo(1));

        Assert.That(await SolidCache.ExistsAsync("whole-cache"), Is.False);
        Assert.That(await bystander.Cache.ExistsAsync("a"), Is.True);
    }

    [TestCase("{0}:%:profile", 2)]
    [TestCase("{0}:_:profile", 1)]
    [TestCase("{0}:%", 4)]
    [TestCase("%{0}%", 4)]
    [TestCase("{0}:50\\%", 1)]
    [TestCase("{0}", 0)]
    [TestCase("{0}:1:profile", 1)]
    public async Task A_pattern_matches_whole_keys_as_sql_does(string pattern, int expected)
    {
        var start = NewKey();
        await SetAllAsync($"{start}:1:profile", $"{start}:22:profile", $"{start}:50%", $"{start}:1:roles");

        Assert.That(await SolidCache.RemoveByPatternAsync(string.Format(null, pattern, start)), Is.EqualTo(expected));
    }

    [Test]
    public async Task A_pattern_stays_within_the_key_prefix()
    {
        await using var node = await StartNodeAsync(options => options.KeyPrefix = "100%_");
        var key = NewKey();
        await node.Cache.SetAsync(key, [1], Forever);
        await SolidCache.SetAsync(key, [1], Forever);

        Assert.That(await node.Cache.RemoveByPatternAsync("key:%"), Is.EqualTo(1));
        Assert.That(await SolidCache.ExistsAsync(key), Is.True);
        Assert.That(await SolidCache.RemoveByPatternAsync($"%{key}"), Is.EqualTo(1));
    }

    private static readonly string[] Malformed = [@"a\", @"a\\\", "a\0%", "a\ud800%"];

    [TestCaseSource(nameof(Malformed))]
    public async Task A_malformed_pattern_is_refused(string pattern) =>
        await Assert.ThatAsync(() => SolidCache.RemoveByPatternAsync(pattern), Throws.ArgumentException);

    [Test]
    public async Task Manual_cleanup_removes_the_expired_and_counts_them()
    {
        await using var node = await StartNodeAsync(options => options.TableName = "cleanup_entries");
        await Database.ExecuteAsync(
            """
            INSERT INTO cleanup_entries (expires_at, key, value)
            SELECT CASE WHEN i % 3 = 0 THEN now() - interval '1 second' ELSE 'infinity' END, 'k' || i, decode(repeat('ab', 200), 'hex')
            FROM generate_series(1, 3000) AS i
            """);

        Assert.That(await node.Cache.RemoveExpiredAsync(), Is.EqualTo(1_000));
        Assert.That(await node.Cache.RemoveExpiredAsync(), Is.Zero);
        Assert.That((await node.Cache.GetStatisticsAsync()).TotalEntries, Is.EqualTo(2_000));
    }

    private async Task SetAllAsync(params string[] keys)
    {
        foreach (var key in keys)
        {
            await SolidCache.SetAsync(key, [1], Forever);
        }
    }
}
