using System.Buffers;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Schema.Version1;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Compressed values on a table that nodes share which compress, which do not and which do not know them, and what others have made of them.</summary>
[Category(OneServer.Category)]
public sealed class CompressedValues
{
    private const int Limit = 1_000_000;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpiration = DateTimeOffset.MaxValue };
    private static readonly byte[] Text = [.. Enumerable.Repeat("""{"name":"Ada","role":"editor"},"""u8.ToArray(), 500).SelectMany(static bytes => bytes)];
    private TestDatabase _database = null!;
    private CacheHost _compressing = null!;
    private CacheHost _plain = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _compressing = await CacheHost.StartAsync(_database.ConnectionString, static options => (options.CompressValuesFrom, options.MaxValueBytes) = (100, Limit));
        _plain = await CacheHost.StartAsync(_database.ConnectionString, static options => options.MaxValueBytes = Limit);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _plain.DisposeAsync();
        await _compressing.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task However_one_was_set_every_node_reads_it_in_every_way()
    {
        var cache = _compressing.Cache;
        SolidCacheEntryOptions special = new() { Tags = ["tag"], AllowStaleFor = TimeSpan.FromMinutes(1), AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
        await cache.SetAsync("set", Text, Forever);
        cache.Set("set, blocking", Text, Forever);
        await cache.SetAsync("sequence", Segmented.Of(Text, 1_000), Forever);
        await cache.SetAsync("tagged", Text, special);
        Assert.That(await cache.GetOrCreateAsync("made", static _ => ValueTask.FromResult(Text), special), Is.EqualTo(Text));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => cache.SetAsync($"batch:{number}", number % 2 == 0 ? Text : [(byte)number], Forever)));
        await using (var connection = await _database.Source.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await cache.SetAsync("transaction", Text, Forever, transaction);
            await transaction.CommitAsync();
        }

        string[] keys = ["set", "set, blocking", "sequence", "tagged", "made", "transaction", .. Enumerable.Range(0, 25).Select(static number => $"batch:{number * 2}")];
        Assert.That(await CompressedKeysAsync(), Is.EquivalentTo(keys));
        foreach (var node in (ISolidCache[])[cache, _plain.Cache])
        {
            Assert.That(await Task.WhenAll(keys.Select(key => node.GetAsync(key))), Has.All.EqualTo(Text));
            foreach (var key in keys[..6])
            {
                var destination = new ArrayBufferWriter<byte>();
                Assert.That(node.TryGet(key, destination), Is.True);
                Assert.That(destination.WrittenSpan.SequenceEqual(Text));
                Assert.That(await node.GetOrCreateAsync(key, static _ => throw new InvalidOperationException("It is there."), new() { RefreshBefore = 0.1 }), Is.EqualTo(Text));
            }

            Assert.That(await node.GetAsync("batch:1"), Is.EqualTo(new byte[] { 1 }));
        }
    }

    [Test]
    public async Task One_that_may_be_stale_is_served_while_another_is_made()
    {
        SolidCacheEntryOptions options = new() { AllowStaleFor = TimeSpan.FromHours(1), AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
        await _compressing.Cache.SetAsync("key", Text, options);
        await _database.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() - interval '1 second'");
        var made = new TaskCompletionSource<byte[]>();

        Assert.That(await _plain.Cache.GetOrCreateAsync("key", async _ => await made.Task, options), Is.EqualTo(Text));
        Assert.That(await _compressing.Cache.GetOrCreateAsync("key", async _ => await made.Task, options), Is.EqualTo(Text));
        made.SetResult([7]);
        await Eventually.TrueAsync(async () => (await _plain.Cache.GetAsync("key")) is [7], "the new one is there");
        Assert.That(await CompressedKeysAsync(), Is.Empty);
    }

    [Test]
    public async Task What_replaces_or_removes_one_leaves_nothing_of_it()
    {
        foreach (var (key, change) in (IEnumerable<(string, Func<string, Task>)>)
            [
                ("set", key => _plain.Cache.SetAsync(key, [1], Forever)),
                ("small", key => _compressing.Cache.SetAsync(key, [1], Forever)),
                ("tagged", key => _plain.Cache.SetAsync(key, [1], new SolidCacheEntryOptions { Tags = ["tag"] })),
                ("removed in SQL", key => _database.ExecuteAsync($"SELECT solid_cache_remove('{key}')")),
                ("removed", key => _plain.Cache.RemoveAsync(key)),
            ])
        {
            await _compressing.Cache.SetAsync(key, Text, Forever);
            await change(key);
        }

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE compressed IS NOT NULL"), Is.Zero);
        Assert.That(await Task.WhenAll(((string[])["set", "small", "tagged", "removed in SQL", "removed"]).Select(key => _plain.Cache.GetAsync(key))), Is.EqualTo((byte[]?[])[[1], [1], [1], null, null]));
    }

    /// <summary>The library of schema version 1, as it sent its statements.</summary>
    [Test]
    public async Task An_older_library_finds_no_value_instead_of_a_compressed_one_and_what_it_sets_counts()
    {
        await using var old = await OldLibrary.ConnectAsync(_database);
        await _compressing.Cache.SetAsync("key", Text, Forever);
        await Assert.ThatAsync(() => old.GetAsync("key"), Throws.TypeOf<InvalidCastException>(), "A null, which it cannot take for a value.");

        await old.SetAsync("key", [1]);
        Assert.That(await _compressing.Cache.GetAsync("key"), Is.EqualTo(new byte[] { 1 }));
        Assert.That(await _plain.Cache.GetOrCreateAsync("key", static _ => throw new InvalidOperationException("It is there.")), Is.EqualTo(new byte[] { 1 }));
        Assert.That((await _plain.Cache.GetStatisticsAsync()).LiveBytes, Is.EqualTo(4), "What it leaves behind counts for nothing.");

        await old.RemoveAsync("key");
        Assert.That(await _compressing.Cache.GetAsync("key"), Is.Null);
    }

    [Test]
    public async Task A_value_that_looks_compressed_is_returned_as_it_is()
    {
        await _compressing.Cache.SetAsync("text", Text, Forever);
        var compressed = await _database.ScalarAsync<byte[]>("SELECT compressed FROM solid_cache_entries");
        await _plain.Cache.SetAsync("plain", compressed, Forever);
        await _compressing.Cache.SetAsync("compressing", compressed, Forever);

        foreach (var node in (ISolidCache[])[_compressing.Cache, _plain.Cache])
        {
            Assert.That(await node.GetAsync("plain"), Is.EqualTo(compressed));
            Assert.That(await node.GetAsync("compressing"), Is.EqualTo(compressed));
        }
    }

    [TestCase("set_byte(compressed, octet_length(compressed) - 1, 0) || '\\x00'", Description = "a block that goes on")]
    [TestCase("substr(compressed, 1, 20)", Description = "a block that was cut")]
    [TestCase("set_byte(compressed, 1, get_byte(compressed, 1) + 1)", Description = "another length")]
    [TestCase("set_byte(compressed, 0, 2)", Description = "a format of later")]
    [TestCase("'\\x01'", Description = "no length")]
    [TestCase("''", Description = "nothing")]
    [TestCase("NULL", Description = "no value at all")]
    [TestCase("'\\x01ffffff7f' || substr(compressed, 6)", Description = "two gigabytes in some bytes")]
    [TestCase("'\\x0141420f00' || decode(repeat('1f0001' || repeat('ff', 4000), 2), 'hex')", Description = "a byte more than is allowed")]
    public async Task One_that_is_damaged_is_a_miss_and_the_others_are_hits(string damage)
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => _compressing.Cache.SetAsync($"other:{number}", Text, Forever)));
        await _compressing.Cache.SetAsync("damaged", Text, Forever);
        await _database.ExecuteAsync($"UPDATE solid_cache_entries SET compressed = {damage} WHERE key = 'damaged'");

        for (var round = 0; round < 3; round++)
        {
            var damaged = _plain.Cache.GetAsync("damaged");
            Assert.That(await Task.WhenAll(Enumerable.Range(0, 20).Select(number => _plain.Cache.GetAsync($"other:{number}"))), Has.All.EqualTo(Text));
            Assert.That(await damaged, Is.Null);
            var destination = new ArrayBufferWriter<byte>();
            Assert.That((await _plain.Cache.TryGetAsync("damaged", destination), destination.WrittenCount), Is.EqualTo((false, 0)));
        }

        Assert.That(await _plain.Cache.GetOrCreateAsync("damaged", static _ => ValueTask.FromResult<byte[]>([1])), Is.EqualTo(new byte[] { 1 }));
        await Eventually.LoggedAsync(_plain, "foreign_value");
        await _plain.Cache.SetAsync("damaged", [2], Forever);
        Assert.That(await _plain.Cache.GetAsync("damaged"), Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public async Task The_tool_shows_what_it_holds_and_the_statistics_what_it_takes()
    {
        await _compressing.Cache.SetAsync("key", Text, Forever);

        var shown = await ToolRun.OfAsync("get", "key", "--connection-string", _database.ConnectionString);
        Assert.That(shown.Output, Does.Contain(Encoding.UTF8.GetString(Text, 0, 100)));
        Assert.That(
            (await _compressing.Cache.GetStatisticsAsync()).LiveBytes,
            Is.EqualTo(3 + await _database.ScalarAsync<int>("SELECT octet_length(compressed) FROM solid_cache_entries")).And.LessThan(Text.Length / 2));
    }

    [Test]
    public async Task The_limit_is_that_of_the_value_and_not_of_what_it_takes()
    {
        await Assert.ThatAsync(() => _compressing.Cache.SetAsync("key", new byte[Limit + 1], Forever), Throws.ArgumentException);
        await _compressing.Cache.SetAsync("key", new byte[Limit], Forever);
        Assert.That(await _plain.Cache.GetAsync("key"), Has.Length.EqualTo(Limit));

        await using var small = await CacheHost.StartAsync(_database.ConnectionString, static options => options.MaxValueBytes = Limit - 1);
        Assert.That(await small.Cache.GetAsync("key"), Is.Null, "It would not have stored it.");
    }

    private async Task<string[]> CompressedKeysAsync() =>
        await _database.ScalarAsync<string[]>("SELECT coalesce(array_agg(key ORDER BY key), '{}') FROM solid_cache_entries WHERE value IS NULL AND compressed IS NOT NULL");
}
