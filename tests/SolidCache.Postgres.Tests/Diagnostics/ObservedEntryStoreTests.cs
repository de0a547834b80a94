using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Tests.Caching;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>What callers' calls tell the instruments and the tracer.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ObservedEntryStoreTests
{
    private static readonly CacheKey Key = new("secret-key");
    private static readonly KeyValuePair<string, object?> Name = new("solid_cache.name", "sessions");
    private readonly IMeterFactory _meters = Telemetry.NewMeters();
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryEntryStore _inner = new();

    [Test]
    public async Task Hits_and_misses_are_counted_by_cache()
    {
        var store = Observed(_inner);
        using var hits = Collect<long>("solid_cache.hits");
        using var misses = Collect<long>("solid_cache.misses");
        await ReadAsync(store);
        await WriteAsync(store);
        await ReadAsync(store);
        await ReadAsync(store);

        Assert.That(misses.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(1));
        Assert.That(hits.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(2));
        Assert.That(hits.LastMeasurement!.Tags, Is.EquivalentTo((KeyValuePair<string, object?>[])[Name]));
    }

    [Test]
    public async Task Sets_and_removes_are_counted_and_so_is_each_row_of_a_removal_by_range()
    {
        var store = Observed(_inner);
        using var sets = Collect<long>("solid_cache.sets");
        using var removes = Collect<long>("solid_cache.removes");
        await WriteAsync(store);
        await store.RemoveAsync(Key, async: true, CancellationToken.None);
        await WriteAsync(store);
        await store.RemoveAsync([new KeyRange("s", "t", null, false)], CancellationToken.None);

        Assert.That(sets.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(2));
        Assert.That(removes.GetMeasurementSnapshot().EvaluateAsCounter(), Is.EqualTo(2));
    }

    [Test]
    public async Task A_set_that_was_not_stored_is_not_counted()
    {
        _inner.Stores = false;
        var store = Observed(_inner);
        using var sets = Collect<long>("solid_cache.sets");

        Assert.That(await WriteAsync(store), Is.False);
        Assert.That(sets.GetMeasurementSnapshot(), Is.Empty);
    }

    [Test]
    public async Task Durations_are_in_seconds_and_name_the_operation()
    {
        var store = Observed(new FailingEntryStore(() => _time.Advance(TimeSpan.FromMilliseconds(250)), error: null));
        using var durations = Collect<double>("solid_cache.operation.duration");
        await ReadAsync(store);

        Assert.That(durations.LastMeasurement!.Value, Is.EqualTo(0.25));
        Assert.That(durations.LastMeasurement.Tags, Is.EquivalentTo((KeyValuePair<string, object?>[])[Name, new("solid_cache.operation", "get")]));
    }

    [Test]
    public void An_error_of_the_server_is_counted_by_its_SQLSTATE()
    {
        var store = Observed(new FailingEntryStore(static () => { }, new PostgresException("gone", "FATAL", "FATAL", "57P01")));
        using var errors = Collect<long>("solid_cache.errors");
        using var durations = Collect<double>("solid_cache.operation.duration");

        Assert.That(() => ReadAsync(store).AsTask(), Throws.InstanceOf<PostgresException>());
        KeyValuePair<string, object?>[] tags = [Name, new("solid_cache.operation", "get"), new("error.type", "57P01")];
        Assert.That(errors.LastMeasurement!.Tags, Is.EquivalentTo(tags));
        Assert.That(durations.LastMeasurement!.Tags, Is.EquivalentTo(tags));
    }

    [Test]
    public void An_explained_error_is_counted_by_the_SQLSTATE_behind_it() =>
        Assert.That(
            CacheTelemetry.TypeOf(new SolidCacheException("The table is missing.", new PostgresException("no", "ERROR", "ERROR", "42P01"))),
            Is.EqualTo("42P01"));

    [Test]
    public void Any_other_error_is_counted_by_its_type() =>
        Assert.That(CacheTelemetry.TypeOf(new TimeoutException()), Is.EqualTo("System.TimeoutException"));

    [Test]
    public void A_cancellation_is_no_error()
    {
        var store = Observed(new FailingEntryStore(static () => { }, new OperationCanceledException()));
        using var errors = Collect<long>("solid_cache.errors");

        Assert.That(() => ReadAsync(store).AsTask(), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(errors.GetMeasurementSnapshot(), Is.Empty);
    }

    [Test]
    public async Task A_call_is_a_span_of_the_caller_that_tells_hit_from_miss_and_names_no_key()
    {
        var store = Observed(_inner);
        using var spans = new SpanCollector();
        using (var caller = new Activity("request").Start())
        {
            await ReadAsync(store);
            await WriteAsync(store);

            var mine = spans.Of(caller);
            Assert.That(mine.Select(span => span.OperationName), Is.EqualTo((string[])["solid_cache.get", "solid_cache.set"]));
            Assert.That(mine[0].Kind, Is.EqualTo(ActivityKind.Client));
            Assert.That(mine[0].TagObjects, Is.EquivalentTo((KeyValuePair<string, object?>[])
                [new("solid_cache.hit", false), new("db.system.name", "postgresql"), Name]));
        }
    }

    [Test]
    public void A_call_that_fails_is_a_span_that_failed()
    {
        var store = Observed(new FailingEntryStore(static () => { }, new TimeoutException("secret-key")));
        using var spans = new SpanCollector();
        using var caller = new Activity("request").Start();

        Assert.That(() => ReadAsync(store).AsTask(), Throws.InstanceOf<TimeoutException>());
        var span = spans.Of(caller).Single();
        Assert.That(span.Status, Is.EqualTo(ActivityStatusCode.Error));
        Assert.That(span.GetTagItem("error.type"), Is.EqualTo("System.TimeoutException"));
        Assert.That(span.StatusDescription, Is.Null, "It could name the key.");
    }

    /// <summary>Alone, since any listener of another test would hear it.</summary>
    [Test]
    [NonParallelizable]
    public async Task While_nobody_listens_a_call_goes_straight_through()
    {
        var store = Observed(_inner);
        var destination = new ArrayBufferWriter<byte>(64);
        await WriteAsync(store);
        store.ReadAsync(Key, destination, slide: false, async: false, CancellationToken.None).Completed();
        _inner.Calls.Clear();
        _inner.Calls.EnsureCapacity(8);

        var before = GC.GetAllocatedBytesForCurrentThread();
        _inner.ReadAsync(Key, destination, slide: false, async: false, CancellationToken.None).Completed();
        var bare = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        store.ReadAsync(Key, destination, slide: false, async: false, CancellationToken.None).Completed();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.EqualTo(bare));
    }

    private static ValueTask<bool> ReadAsync(ObservedEntryStore store) =>
        store.ReadAsync(Key, new ArrayBufferWriter<byte>(), slide: true, async: true, CancellationToken.None);

    private static ValueTask<bool> WriteAsync(ObservedEntryStore store) =>
        store.WriteAsync(Key, new ReadOnlySequence<byte>([1, 2, 3]), default, durable: false, async: true, CancellationToken.None);

    private MetricCollector<T> Collect<T>(string instrument)
        where T : struct => new(_meters, SolidCacheTelemetry.MeterName, instrument);

    private ObservedEntryStore Observed(IEntryStore store) =>
        new(store, new CacheTelemetry(new CacheInstruments(_meters), "sessions", _time), new TableFigures(_ => ValueTask.FromResult(_inner.Statistics), _time));
}
