using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Diagnostics;

/// <summary>What a cache on a real server tells a collector of metrics.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
[Category(OneServer.Category)]
public sealed class CacheMetrics
{
    private static readonly DistributedCacheEntryOptions Minute = new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) };
    private TestDatabase _database = null!;
    private CacheHost _node = null!;

    [SetUp]
    public async Task SetUp() => _database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task TearDown()
    {
        await _node.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Calls_are_counted_whether_they_block_or_wait_coalesced_or_not([Values] bool coalescing)
    {
        await StartAsync(options => options.Coalescing = coalescing);
        using var hits = Collect<long>("solid_cache.hits");
        using var misses = Collect<long>("solid_cache.misses");
        using var sets = Collect<long>("solid_cache.sets");
        using var removes = Collect<long>("solid_cache.removes");
        using var durations = Collect<double>("solid_cache.operation.duration");

        _node.Cache.Set("a", [1], Minute);
        await _node.Cache.SetAsync("b", [2], Minute);
        _node.Cache.Get("a");
        await _node.Cache.GetAsync("b");
        _node.Cache.Get("none");
        await _node.Cache.GetAsync("none");
        _node.Cache.Remove("a");
        await _node.Cache.SetAsync("c", [3], Minute);
        await _node.Cache.RemoveByPrefixAsync("");

        Assert.That(Sum(sets), Is.EqualTo(3));
        Assert.That(Sum(hits), Is.EqualTo(2));
        Assert.That(Sum(misses), Is.EqualTo(2));
        Assert.That(Sum(removes), Is.EqualTo(1 + 2), "One by its key, two by the prefix.");
        Assert.That(durations.GetMeasurementSnapshot().Select(one => one.Value).ToList(), Has.Count.EqualTo(9).And.All.Positive);
    }

    [Test]
    public async Task A_touch_is_counted_when_it_is_written([Values] bool coalescing)
    {
        await StartAsync(options => options.Coalescing = coalescing);
        using var touches = Collect<long>("solid_cache.touches");
        await _node.Cache.SetAsync("a", [1], new() { SlidingExpiration = TimeSpan.FromHours(1) });
        await _node.Cache.GetAsync("a");
        Assert.That(Sum(touches), Is.Zero, "It was not due.");

        await _database.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() + interval '10 minutes'");
        await _node.Cache.GetAsync("a");

        await Eventually.TrueAsync(() => Sum(touches) == 1, "the touch is counted");
    }

    [Test]
    public async Task Calls_that_travel_together_are_one_batch()
    {
        await StartAsync();
        using var batches = Collect<int>("solid_cache.batch.size");
        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => _node.Cache.SetAsync($"key {number}", [1], Minute)));
        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => _node.Cache.GetAsync($"key {number}")));

        foreach (var kind in (string[])["read", "write"])
        {
            var sizes = batches.GetMeasurementSnapshot().Where(one => (string?)one.Tags["solid_cache.batch.kind"] == kind).Select(one => one.Value).ToList();
            Assert.That(sizes.Sum(), Is.EqualTo(200), kind);
            Assert.That(sizes, Has.Count.LessThan(100), kind);
        }
    }

    [Test]
    public async Task What_waits_behind_a_locked_row_is_the_depth_of_the_queue()
    {
        await StartAsync();
        using var depth = Collect<int>("solid_cache.queue.depth");
        await _node.Cache.SetAsync("locked", [1], Minute);
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand("SELECT FROM solid_cache_entries FOR UPDATE", connection, transaction);
        await locking.ExecuteNonQueryAsync();
        var sets = Enumerable.Range(0, 5).Select(number => _node.Cache.SetAsync("locked", [(byte)number], Minute)).ToArray();

        depth.RecordObservableInstruments();
        var writes = depth.GetMeasurementSnapshot().Single(one => (string?)one.Tags["solid_cache.batch.kind"] == "write").Value;
        await transaction.RollbackAsync();
        await Task.WhenAll(sets);

        Assert.That(writes, Is.EqualTo(4), "One of the five was sent and waits for the row.");
    }

    [Test]
    public async Task The_gauges_report_the_table()
    {
        await StartAsync();
        using var entries = Collect<long>("solid_cache.entries");
        using var expired = Collect<long>("solid_cache.expired_entries");
        using var size = Collect<long>("solid_cache.size");
        using var live = Collect<long>("solid_cache.live_size");
        using var overdue = Collect<long>("solid_cache.overdue_entries");
        using var age = Collect<long>("solid_cache.last_sweep.age");
        await _database.ExecuteAsync("UPDATE solid_cache_state SET last_sweep_finished_at = now() - interval '90 seconds'");
        await _node.Cache.SetAsync("four", [1, 2, 3], Minute);
        await _node.Cache.SetAsync("gone", [1, 2, 3], Minute);
        await _database.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() - interval '1 second' WHERE key = 'gone'");

        await Eventually.TrueAsync(
            () =>
            {
                entries.RecordObservableInstruments();
                return entries.LastMeasurement?.Value == 2;
            },
            "the entries are reported");
        foreach (var gauge in (MetricCollector<long>[])[expired, size, live, overdue, age])
        {
            gauge.RecordObservableInstruments();
        }

        Assert.That(expired.LastMeasurement!.Value, Is.EqualTo(1));
        Assert.That(overdue.LastMeasurement!.Value, Is.Zero);
        Assert.That(age.LastMeasurement!.Value, Is.InRange(90, 150));
        Assert.That(live.LastMeasurement!.Value, Is.EqualTo("four".Length + 3));
        Assert.That(size.LastMeasurement!.Value, Is.EqualTo(await _database.ScalarAsync<long>("SELECT pg_total_relation_size('solid_cache_entries')")));
    }

    [Test]
    public async Task A_sweep_is_counted_and_timed()
    {
        await StartAsync();
        using var rows = Collect<long>("solid_cache.swept_rows");
        using var durations = Collect<double>("solid_cache.sweep.duration");
        await _node.Cache.SetAsync("gone", [1], Minute);
        await _database.ExecuteAsync("UPDATE solid_cache_entries SET expires_at = now() - interval '1 second'");
        await _node.Cache.RemoveExpiredAsync();

        Assert.That(Sum(rows), Is.EqualTo(1));
        Assert.That(durations.LastMeasurement!.Value, Is.Positive);
    }

    [Test]
    public async Task A_missing_table_is_an_error_by_its_SQLSTATE([Values] bool coalescing)
    {
        await StartAsync(options => options.Coalescing = coalescing);
        using var errors = Collect<long>("solid_cache.errors");
        await _node.Cache.GetAsync("a");
        await _database.ExecuteAsync("DROP TABLE solid_cache_entries");

        Assert.That(() => _node.Cache.GetAsync("a"), Throws.InstanceOf<SolidCacheException>());
        Assert.That(errors.LastMeasurement!.Tags["error.type"], Is.EqualTo("42P01"));
        Assert.That(errors.LastMeasurement.Tags["solid_cache.operation"], Is.EqualTo("get"));
    }

    [Test]
    public async Task Caches_of_one_process_are_told_apart()
    {
        await StartAsync(configureServices: services => services.AddKeyedPostgresSolidCache("sessions", options =>
        {
            options.ConnectionString = _database.ConnectionString;
            options.KeyPrefix = "sessions";
            options.SweepExpiredEntries = false;
        }));
        using var sets = Collect<long>("solid_cache.sets");
        await _node.Services.GetRequiredKeyedService<ISolidCache>("sessions").SetAsync("a", [1], Minute);
        await _node.Cache.SetAsync("a", [1], Minute);

        Assert.That(sets.GetMeasurementSnapshot().Select(one => one.Tags["solid_cache.name"]), Is.EqualTo((string[])["sessions", "default"]));
    }

    private static long Sum(MetricCollector<long> collector) => collector.GetMeasurementSnapshot().Sum(one => one.Value);

    private MetricCollector<T> Collect<T>(string instrument)
        where T : struct => new(_node.Services.GetRequiredService<IMeterFactory>(), SolidCacheTelemetry.MeterName, instrument);

    private async Task StartAsync(Action<PostgresSolidCacheOptions>? configure = null, Action<IServiceCollection>? configureServices = null) =>
        _node = await CacheHost.StartAsync(_database.ConnectionString, configure, configureServices);
}
