using System.Buffers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

public sealed class ValueContract(Calling calling) : CacheContract(calling)
{
    [TestCase(1)]
    [TestCase(100)]
    [TestCase(8_192)]
    [TestCase(100_000)]
    [TestCase(20 * 1024 * 1024)]
    [TestCase(60 * 1024 * 1024)]
    public async Task A_value_of_any_size_comes_back_exactly(int size)
    {
        var key = NewKey();
        var value = new byte[size];
        new Random(size).NextBytes(value);

        await Cache.SetAsync(key, value, Forever);

        var stored = await Cache.GetAsync(key);
        Assert.That(stored.AsSpan().SequenceEqual(value));
    }

    [TestCase(1)]
    [TestCase(20)]
    [TestCase(2_000)]
    [TestCase(100_000)]
    [TestCase(20 * 1024 * 1024)]
    public async Task A_value_that_repeats_itself_comes_back_exactly(int size)
    {
        var key = NewKey();
        byte[] value = [.. Enumerable.Range(0, size).Select(static number => (byte)(number / 50))];

        await Cache.SetAsync(key, value, Forever);

        var destination = new ArrayBufferWriter<byte>();
        Assert.That((await Cache.GetAsync(key)).AsSpan().SequenceEqual(value));
        Assert.That(await Cache.TryGetAsync(key, destination), Is.True);
        Assert.That(destination.WrittenSpan.SequenceEqual(value));
    }

    [Test]
    public async Task An_empty_value_is_a_hit()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [], Forever);
        var destination = new ArrayBufferWriter<byte>();

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Cache.GetAsync(key), Is.Not.Null.And.Empty);
            Assert.That(await Cache.TryGetAsync(key, destination), Is.True);
            Assert.That(destination.WrittenCount, Is.Zero);
        });
    }

    [Test]
    public async Task An_unknown_key_is_a_miss_and_writes_nothing()
    {
        var destination = new ArrayBufferWriter<byte>();

        await Assert.MultipleAsync(async () =>
        {
            Assert.That(await Cache.GetAsync(NewKey()), Is.Null);
            Assert.That(await Cache.TryGetAsync(NewKey(), destination), Is.False);
            Assert.That(destination.WrittenCount, Is.Zero);
        });
    }

    [Test]
    public async Task A_hit_writes_exactly_the_value_behind_what_the_writer_holds()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1, 2, 3], Forever);
        var destination = new ArrayBufferWriter<byte>();
        destination.Write<byte>([9]);

        Assert.That(await Cache.TryGetAsync(key, destination), Is.True);

        Assert.That(destination.WrittenSpan.ToArray(), Is.EqualTo(new byte[] { 9, 1, 2, 3 }));
    }

    [Test]
    public async Task Memory_with_an_offset_arrives_intact()
    {
        var key = NewKey();
        byte[] array = [0, 1, 2, 3, 4, 5];

        await Cache.SetAsync(key, new ReadOnlySequence<byte>(array, 2, 3), Forever);

        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 2, 3, 4 }));
    }

    [Test]
    public async Task Memory_of_a_custom_manager_arrives_intact()
    {
        var key = NewKey();
        using var memory = new NativeMemory(10_000);
        new Random(1).NextBytes(memory.GetSpan());

        await Cache.SetAsync(key, new ReadOnlySequence<byte>(memory.Memory[100..9_000]), Forever);

        Assert.That((await Cache.GetAsync(key)).AsSpan().SequenceEqual(memory.GetSpan()[100..9_000]));
    }

    [TestCase(2)]
    [TestCase(1_000)]
    public async Task A_sequence_of_many_segments_arrives_intact(int segments)
    {
        var key = NewKey();
        var value = new byte[segments * 17];
        new Random(2).NextBytes(value);

        await Cache.SetAsync(key, Segmented.Of(value, 17), Forever);

        Assert.That((await Cache.GetAsync(key)).AsSpan().SequenceEqual(value));
    }

    [Test]
    public async Task An_empty_sequence_is_an_empty_value()
    {
        var key = NewKey();

        await Cache.SetAsync(key, ReadOnlySequence<byte>.Empty, Forever);

        Assert.That(await Cache.GetAsync(key), Is.Not.Null.And.Empty);
    }

    [Test]
    public async Task A_set_replaces_the_value()
    {
        var key = NewKey();
        await Cache.SetAsync(key, new byte[5_000], Forever);

        await Cache.SetAsync(key, [7], Forever);

        Assert.That(await Cache.GetAsync(key), Is.EqualTo(new byte[] { 7 }));
    }

    [Test]
    public async Task A_set_replaces_the_whole_expiration()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Sliding(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1)));

        await Cache.SetAsync(key, [1], Forever);
        Assert.That(await SolidCache.GetTimeToLiveAsync(key), Is.EqualTo(TimeSpan.MaxValue));
        await PassAsync(key, TimeSpan.FromDays(1_000));
        Assert.That(await Cache.GetAsync(key), Is.Not.Null);

        await Cache.SetAsync(key, [1], Absolute(TimeSpan.FromSeconds(10)));
        await PassAsync(key, TimeSpan.FromSeconds(10));
        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task A_removed_entry_is_a_miss_and_removing_it_again_is_fine()
    {
        var key = NewKey();
        await Cache.SetAsync(key, [1], Forever);

        await Cache.RemoveAsync(key);
        await Cache.RemoveAsync(key);

        Assert.That(await Cache.GetAsync(key), Is.Null);
    }

    [Test]
    public async Task A_value_over_the_limit_is_refused_and_leaves_the_entry_as_it_was()
    {
        var key = NewKey();
        await using var node = await StartNodeAsync(options => options.MaxValueBytes = 1_000);
        var cache = CacheCalls.Of(Calling, node.Cache);
        await cache.SetAsync(key, new byte[1_000], Forever);

        await Assert.ThatAsync(
            () => cache.SetAsync(key, new byte[1_001], Forever),
            Throws.ArgumentException.With.Message.Contains("1001").And.Message.Contains("MaxValueBytes"));

        Assert.That(await cache.GetAsync(key), Has.Length.EqualTo(1_000));
    }

    [Test]
    public async Task A_writer_that_refuses_fails_its_own_call_with_its_own_exception()
    {
        var key = NewKey();
        await Cache.SetAsync(key, new byte[100], Forever);

        await Assert.ThatAsync(() => Cache.TryGetAsync(key, new FullWriter()), Throws.InvalidOperationException.With.Message.EqualTo("Full."));

        Assert.That(await Cache.GetAsync(key), Has.Length.EqualTo(100));
    }

    private sealed class FullWriter : IBufferWriter<byte>
    {
        public void Advance(int count) => throw new InvalidOperationException("Full.");

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new InvalidOperationException("Full.");

        public Span<byte> GetSpan(int sizeHint = 0) => throw new InvalidOperationException("Full.");
    }
}
