using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

public sealed class ResilientEntryStoreTests
{
    private static readonly CacheKey Key = new("key");
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _told = [];
    private UnreliableEntryStore _server = null!;
    private CircuitBreaker _reads = null!;
    private CircuitBreaker _writes = null!;
    private Degradation _degradation = null!;
    private ResilientEntryStore _throwing = null!;
    private ResilientEntryStore _degrading = null!;

    [SetUp]
    public void Make()
    {
        _told.Clear();
        _server = new UnreliableEntryStore();
        _reads = Breaker();
        _writes = Breaker();
        _degradation = new Degradation([new KeyRange("", null, null, SkipsPrefixed: false)], (operation, _) => _told.Add(operation), _time);
        _throwing = new ResilientEntryStore(_server, _reads, _writes, degradation: null, AwayDatabase.Table);
        _degrading = new ResilientEntryStore(_server, _reads, _writes, _degradation, AwayDatabase.Table);
    }

    [TearDown]
    public void End()
    {
        _degradation.Dispose();
        _reads.Dispose();
        _writes.Dispose();
    }

    [Test]
    public async Task A_store_that_fails_again_and_again_is_no_longer_asked()
    {
        for (var call = 0; call < 100; call++)
        {
            _server.Error = new IOException();
            await Assert.ThatAsync(() => ReadAsync(_throwing), Throws.Exception);
        }

        Assert.That(_server.Asked, Is.EqualTo(5));
        await Assert.ThatAsync(() => ReadAsync(_throwing), Throws.TypeOf<SolidCacheException>().With.Property("IsTransient").True.And.InnerException.TypeOf<IOException>());
    }

    [Test]
    public async Task Writes_that_fail_leave_reads_alone()
    {
        for (var call = 0; call < 10; call++)
        {
            _server.Error = new IOException();
            await Assert.ThatAsync(() => SetAsync(_throwing), Throws.Exception);
        }

        _server.Error = null;

        Assert.That(await ReadAsync(_throwing), Is.False);
        await Assert.ThatAsync(() => SetAsync(_throwing), Throws.TypeOf<SolidCacheException>());
    }

    [Test]
    public async Task Sets_that_find_no_room_leave_removals_alone_which_do_not_let_them_try_earlier()
    {
        for (var call = 0; call < 10; call++)
        {
            _server.Error = new PostgresException("no room", "ERROR", "ERROR", PostgresErrorCodes.DiskFull);
            await Assert.ThatAsync(() => SetAsync(_throwing), Throws.Exception);
            _server.Error = null;
            await _throwing.RemoveAsync(Key, async: true, CancellationToken.None);
            await _throwing.RemoveAsync([], CancellationToken.None);
        }

        Assert.That(_writes.State, Is.EqualTo(BreakerState.Open));
        await Assert.ThatAsync(() => SetAsync(_throwing), Throws.TypeOf<SolidCacheException>());
    }

    [Test]
    public async Task Degraded_a_read_misses_a_set_is_dropped_and_a_remove_throws()
    {
        _server.Error = new IOException();

        Assert.That(await ReadAsync(_degrading), Is.False);
        Assert.That(await _degrading.GetTimeToLiveAsync(new("other"), CancellationToken.None), Is.Null);
        await _degrading.RefreshAsync(Key, async: true, CancellationToken.None);
        await SetAsync(_degrading);
        await Assert.ThatAsync(() => RemoveAsync(_degrading), Throws.TypeOf<IOException>());

        Assert.That(_told, Is.EqualTo(["get", "time_to_live", "refresh", "set"]));
    }

    [Test]
    public async Task Degraded_an_error_of_configuration_still_throws()
    {
        _server.Error = new SolidCacheException("no table");

        await Assert.ThatAsync(() => ReadAsync(_degrading), Throws.TypeOf<SolidCacheException>());
        await Assert.ThatAsync(() => SetAsync(_degrading), Throws.TypeOf<SolidCacheException>());
    }

    [Test]
    public async Task A_key_whose_set_was_dropped_misses_until_its_old_value_is_removed()
    {
        await SetAsync(_degrading);
        _server.Error = new IOException();
        await SetAsync(_degrading);
        _server.Error = null;

        Assert.That(await ReadAsync(_degrading), Is.False, "The old value is still there.");
        Assert.That(_server.Holds(Key.Stored), Is.True);

        await EventuallyAsync(() => !_server.Holds(Key.Stored) && !_degradation.HasStale);
    }

    [Test]
    public async Task A_set_that_succeeds_makes_its_key_readable_again()
    {
        _server.Error = new IOException();
        await SetAsync(_degrading);
        _server.Error = null;

        await SetAsync(_degrading);

        Assert.That(await ReadAsync(_degrading), Is.True);
    }

    [Test]
    public async Task When_too_many_sets_were_dropped_everything_misses_until_all_is_removed()
    {
        await SetAsync(_degrading);
        for (var number = 0; number <= 10_000; number++)
        {
            _server.Error = new IOException();
            await SetAsync(_degrading, $"key{number}");
        }

        _server.Error = null;
        Assert.That(_degradation.IsStale(new("never set")), Is.True);

        await EventuallyAsync(() => !_degradation.HasStale);
        Assert.That(_server.RangesRemoved, Is.EqualTo(1));
        Assert.That(_server.Holds(Key.Stored), Is.False);
    }

    private static async Task<bool> ReadAsync(ResilientEntryStore store) =>
        await store.ReadAsync(Key, new ArrayBufferWriter<byte>(), slide: true, async: true, CancellationToken.None);

    private static async Task RemoveAsync(ResilientEntryStore store) => await store.RemoveAsync(Key, async: true, CancellationToken.None);

    private static async Task SetAsync(ResilientEntryStore store, string key = "key") =>
        await store.WriteAsync(new(key), default, default, durable: false, async: true, CancellationToken.None);

    /// <summary>The removal runs beside, after a pause by the test's clock.</summary>
    private async Task EventuallyAsync(Func<bool> condition)
    {
        for (var attempt = 0; attempt < 1_000 && !condition(); attempt++)
        {
            _time.Advance(TimeSpan.FromSeconds(3));
            await Task.Delay(5);
        }

        Assert.That(condition(), Is.True);
    }

    private CircuitBreaker Breaker() => new(_ => Task.CompletedTask, static (_, _) => { }, _time);
}
