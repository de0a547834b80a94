using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Rows that somebody has written past the library: what is wrong with one is a matter of its own key.</summary>
[TestFixture(true)]
[TestFixture(false)]
[Category(OneServer.Category)]
public sealed class PoisonedRows(bool coalescing)
{
    private const int Limit = 1_000_000;

    /// <summary>More bytes than the tests beside this one allocate meanwhile.</summary>
    private const int Poison = 100_000_000;
    private static readonly DistributedCacheEntryOptions Forever = new() { AbsoluteExpiration = DateTimeOffset.MaxValue };
    private TestDatabase _database = null!;
    private CacheHost _node = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        _node = await CacheHost.StartAsync(_database.ConnectionString, options => (options.Coalescing, options.MaxValueBytes) = (coalescing, Limit));
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _node.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task A_value_that_no_set_would_store_is_a_miss_that_is_not_fetched_and_the_others_are_hits()
    {
        await SetOthersAsync();
        await _database.ExecuteAsync(
            $"INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'poisoned', convert_to(repeat('x', {Poison}), 'UTF8')), ('infinity', 'allowed', convert_to(repeat('x', {Limit}), 'UTF8'))");
        await _node.Cache.GetAsync("other:0");
        var before = GC.GetTotalAllocatedBytes();
        Assert.That(await _node.Cache.GetAsync("poisoned"), Is.Null);
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(Poison / 2), "It stays where it is.");

        Assert.That(await ReadOthersAsync("poisoned"), Is.Null);
        Assert.That(await _node.Cache.GetAsync("allowed"), Has.Length.EqualTo(Limit));
        await Eventually.LoggedAsync(_node, "foreign_value");
        Assert.That(_node.Logs.GetSnapshot().Count(static record => record.Id.Name == "foreign_value"), Is.EqualTo(1));
        await _node.Cache.SetAsync("poisoned", [2], Forever);
        Assert.That(await _node.Cache.GetAsync("poisoned"), Is.EqualTo(new byte[] { 2 }));
    }

    [TestCase("'infinity', 9223372036854775807, NULL")]
    [TestCase("'infinity', -9223372036854775808, NULL")]
    [TestCase("now() + interval '1 second', 9223372036854775807, NULL")]
    [TestCase("now() + interval '1 hour', -9223372036854775808, 'infinity'")]
    [TestCase("'294276-12-31', 9223372036854775807, '294276-12-31'")]
    [TestCase("'294276-12-31', NULL, '-infinity'")]
    public async Task A_life_that_no_set_would_store_is_no_error_of_any_call(string life)
    {
        await SetOthersAsync();
        await _database.ExecuteAsync($"INSERT INTO solid_cache_entries (expires_at, sliding_expiration, absolute_expiration, key, value) VALUES ({life}, 'poisoned', 'x')");

        Assert.That(await ReadOthersAsync("poisoned"), Is.EqualTo("x"u8.ToArray()));
        var lives = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => _node.Cache.GetTimeToLiveAsync($"other:{number}")).Append(_node.Cache.GetTimeToLiveAsync("poisoned")));
        Assert.That(lives, Has.None.Null);
        await _node.Cache.RefreshAsync("poisoned");
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => _node.Cache.RefreshAsync($"other:{number}")));
        Assert.That((await _node.Cache.GetStatisticsAsync()).TotalEntries, Is.EqualTo(21));
        Assert.That(_node.Logs.GetSnapshot().Where(static record => record.Exception is not null), Is.Empty);
    }

    [Test]
    public async Task Tags_that_take_more_than_an_entry_may_have_are_not_fetched()
    {
        await _database.ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, absolute_expiration, key, value, tags, made_after)
            SELECT now() + interval '1 hour', now() + interval '1 hour', 'tagged', '\x01', array_agg(tag), pg_current_snapshot()
            FROM (SELECT number / 20, string_agg(md5(number::text), '') AS tag FROM generate_series(1, {20 * Limit / 16}) AS number GROUP BY number / 20) AS tags
            """);

        Assert.That(await _node.Cache.GetOrCreateAsync("tagged", static _ => ValueTask.FromResult<byte[]>([2]), new() { RefreshBefore = 0.1 }), Is.EqualTo((byte[])[2]));
        Assert.That(await _node.Cache.GetAsync("tagged"), Is.EqualTo((byte[])[1]));
    }

    [TestCase("'294276-12-31', '4713-01-01 BC', '294276-12-31', NULL, NULL")]
    [TestCase("'infinity', '-infinity', 'infinity', NULL, NULL")]
    [TestCase("now() - interval '1 second', now(), now(), '{{a,b},{c,d}}', '1:1:'")]
    [TestCase("now() - interval '1 second', now(), now(), '{NULL}', '1:1:'")]
    [TestCase("now() + interval '1 second', now(), now() + interval '1 second', '{{a,b},{c,NULL}}', '1:1:'")]
    [TestCase("now() - interval '1 second', now(), now(), '{}', '9223372036854775806:9223372036854775807:'")]
    public async Task A_row_that_no_set_would_store_fails_nobody_elses_lease(string row)
    {
        SolidCacheEntryOptions options = new() { Tags = ["a", "b", "c"], RefreshBefore = 0.5, AllowStaleFor = TimeSpan.FromHours(1), AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
        await _database.ExecuteAsync(
            $"""
            INSERT INTO solid_cache_entries (expires_at, created_at, absolute_expiration, tags, made_after, stale_for, key, value)
            SELECT {row}, 3600000000, 'poisoned:' || i, 'x' FROM generate_series(1, 20) AS i
            """);
        var runs = 0;
        for (var round = 0; round < 5; round++)
        {
            var keys = Enumerable.Range(1, 20).SelectMany(number => (string[])[$"poisoned:{number}", $"other:{round}:{number}"]);
            await Task.WhenAll(keys.Select(key => _node.Cache.GetOrCreateAsync(
                key,
                _ =>
                {
                    Interlocked.Increment(ref runs);
                    return ValueTask.FromResult<byte[]>([1]);
                },
                options).AsTask()));
        }

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries WHERE key LIKE 'other:%' AND expires_at > now()"), Is.EqualTo(100), "Each had a lease, and was stored.");
        Assert.That(runs, Is.GreaterThanOrEqualTo(100));
    }

    [TestCase("last_sweep_finished_at = 'infinity'")]
    [TestCase("last_sweep_finished_at = '-infinity'")]
    [TestCase("last_sweep_finished_at = '294276-12-31', last_sweep_deleted = 9223372036854775807")]
    [TestCase("last_sweep_finished_at = '4713-01-01 BC', last_sweep_deleted = -9223372036854775808")]
    [TestCase("sweep_holder = 'nobody', sweep_lease_ends_at = 'infinity'")]
    [TestCase("sweep_next_block = 9223372036854775807, sweep_file = pg_relation_filenode('solid_cache_entries')::bigint")]
    [TestCase("sweep_next_block = -9223372036854775808, sweep_file = pg_relation_filenode('solid_cache_entries')::bigint")]
    [TestCase("sweep_file = -1, sweep_next_block = 7")]
    [TestCase("sweep_deleted = -9223372036854775808")]
    [TestCase("sweep_deleted = 9223372036854775807")]
    public async Task A_state_that_no_sweep_would_record_stops_neither_sweeps_nor_statistics(string state)
    {
        await _database.ExecuteAsync($"UPDATE solid_cache_state SET {state}; INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
        var age = (await _node.Cache.GetStatisticsAsync()).TimeSinceLastSweep;
        Assert.That(age, state.Contains("BC", StringComparison.Ordinal) ? Is.GreaterThan(TimeSpan.Zero) : Is.Null);

        await using var sweeping = await CacheHost.StartAsync(_database.ConnectionString, options => options.SweepExpiredEntries = true);
        await Eventually.TrueAsync(() => _database.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM solid_cache_entries)"), "it is swept");
        await Eventually.TrueAsync(() => _database.ScalarAsync<bool>("SELECT coalesce(last_sweep_deleted = 1 AND last_sweep_finished_at BETWEEN '2000-01-01' AND now(), false) FROM solid_cache_state"), "the sweep is recorded");
        Assert.That((await _node.Cache.GetStatisticsAsync()).ExpiredEntries, Is.Zero);
    }

    private Task SetOthersAsync() => Task.WhenAll(Enumerable.Range(0, 20).Select(number => _node.Cache.SetAsync($"other:{number}", [1], Forever)));

    /// <summary>Reads a key in batches with others, which are all there.</summary>
    private async Task<byte[]?> ReadOthersAsync(string key)
    {
        byte[]? read = null;
        for (var round = 0; round < 5; round++)
        {
            var poisoned = _node.Cache.GetAsync(key);
            var others = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => _node.Cache.GetAsync($"other:{number}")));
            Assert.That(others, Has.All.EqualTo(new byte[] { 1 }));
            read = await poisoned;
        }

        return read;
    }
}
