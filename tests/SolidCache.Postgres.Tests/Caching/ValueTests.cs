using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>Values on their way through the cache.</summary>
public sealed class ValueTests
{
    private static readonly DistributedCacheEntryOptions Options = new();
    private static readonly byte[] Value = [1, 2, 3];
    private readonly CacheUnderTest _test = new();

    private ISolidCache Cache => _test.Cache;

    [Test]
    public async Task What_is_set_is_read_by_every_way_of_reading()
    {
        await Cache.SetAsync("k", Value, Options);
        var sync = new ArrayBufferWriter<byte>();
        var async = new ArrayBufferWriter<byte>();

        Assert.That(Cache.Get("k"), Is.EqualTo(Value));
        Assert.That(await Cache.GetAsync("k"), Is.EqualTo(Value));
        Assert.That(Cache.TryGet("k", sync), Is.True);
        Assert.That(await Cache.TryGetAsync("k", async), Is.True);
        Assert.That(sync.WrittenSpan.ToArray(), Is.EqualTo(Value));
        Assert.That(async.WrittenSpan.ToArray(), Is.EqualTo(Value));
    }

    [Test]
    public async Task What_is_set_by_every_way_of_setting_is_read()
    {
        Cache.Set("array", Value, Options);
        Cache.Set("sequence", Segment.Sequence([1], [2, 3]), Options);
        await Cache.SetAsync("async sequence", Segment.Sequence([], [1, 2], [3]), Options);

        Assert.That(Cache.Get("array"), Is.EqualTo(Value));
        Assert.That(Cache.Get("sequence"), Is.EqualTo(Value));
        Assert.That(Cache.Get("async sequence"), Is.EqualTo(Value));
    }

    [Test]
    public async Task An_empty_value_is_a_hit()
    {
        await Cache.SetAsync("empty", [], Options);
        var destination = new ArrayBufferWriter<byte>();

        Assert.That(Cache.Get("empty"), Is.Not.Null.And.Empty);
        Assert.That(await Cache.GetAsync("empty"), Is.Not.Null.And.Empty);
        Assert.That(Cache.TryGet("empty", destination), Is.True);
        Assert.That(destination.WrittenCount, Is.Zero);
    }

    [Test]
    public async Task A_miss_is_null_or_false_and_writes_nothing()
    {
        var destination = new ArrayBufferWriter<byte>();

        Assert.That(Cache.Get("missing"), Is.Null);
        Assert.That(await Cache.GetAsync("missing"), Is.Null);
        Assert.That(Cache.TryGet("missing", destination), Is.False);
        Assert.That(await Cache.TryGetAsync("missing", destination), Is.False);
        Assert.That(destination.WrittenCount, Is.Zero);
    }

    [Test]
    public async Task Each_reader_gets_an_array_of_its_own()
    {
        await Cache.SetAsync("k", Value, Options);

        var first = await Cache.GetAsync("k");
        var second = await Cache.GetAsync("k");

        Assert.That(first, Is.Not.SameAs(second));
    }

    [Test]
    public void A_value_of_exactly_the_limit_is_stored()
    {
        var cache = new CacheUnderTest(options => options.MaxValueBytes = 3).Cache;

        cache.Set("k", Value, Options);

        Assert.That(cache.Get("k"), Is.EqualTo(Value));
    }

    [Test]
    public async Task What_is_removed_is_a_miss()
    {
        await Cache.SetAsync("k", Value, Options);
        await Cache.RemoveAsync("k");

        Assert.That(Cache.Get("k"), Is.Null);
    }
}
