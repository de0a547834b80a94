using SolidCache.Postgres.Json;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>A buffer that grows in pooled arrays.</summary>
public sealed class PooledBufferWriterTests
{
    [Test]
    public void It_starts_empty()
    {
        using var buffer = new PooledBufferWriter();

        Assert.That(buffer.Written.IsEmpty, Is.True);
    }

    [TestCase(0, 1)]
    [TestCase(1, 1)]
    [TestCase(5_000, 5_000)]
    [TestCase(2_000_000, 2_000_000)]
    public void It_offers_at_least_what_is_asked_for_and_never_nothing(int asked, int offered)
    {
        using var buffer = new PooledBufferWriter();

        Assert.That(buffer.GetMemory(asked).Length, Is.AtLeast(offered));
        Assert.That(buffer.GetSpan(asked).Length, Is.AtLeast(offered));
    }

    [Test]
    public void What_was_written_survives_growth()
    {
        using var buffer = new PooledBufferWriter();
        byte[] expected = [.. Enumerable.Range(0, 100_000).Select(number => (byte)number)];
        for (var written = 0; written < expected.Length;)
        {
            var count = Math.Min(777, expected.Length - written);
            expected.AsSpan(written, count).CopyTo(buffer.GetSpan(count));
            buffer.Advance(count);
            written += count;
        }

        Assert.That(buffer.Written.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void A_full_buffer_still_offers_room()
    {
        using var buffer = new PooledBufferWriter();
        buffer.Advance(buffer.GetMemory().Length);

        Assert.That(buffer.GetMemory().Length, Is.Positive);
    }

    [Test]
    public void It_advances_neither_backwards_nor_past_its_end()
    {
        using var buffer = new PooledBufferWriter();
        var room = buffer.GetMemory(10).Length;

        Assert.That(() => buffer.Advance(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.Advance(room + 1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => buffer.Advance(room), Throws.Nothing);
    }

    [Test]
    public void It_may_be_disposed_twice_and_is_empty_then()
    {
        var buffer = new PooledBufferWriter();
        buffer.GetSpan(1)[0] = 1;
        buffer.Advance(1);

        buffer.Dispose();

        Assert.That(buffer.Dispose, Throws.Nothing);
        Assert.That(buffer.Written.IsEmpty, Is.True);
    }
}
