using System.Buffers;
using System.Buffers.Binary;
using CsCheck;
using SolidCache.Postgres.Compression;

namespace SolidCache.Postgres.Tests.Compression;

/// <summary>Which values are compressed, and what is believed of compressed ones.</summary>
public sealed class ValueCompressionTests
{
    private static readonly byte[] Repeating = [.. Enumerable.Range(0, 4_000).Select(static number => (byte)(number / 100))];

    [TestCase(null, false)]
    [TestCase(4_001, false)]
    [TestCase(4_000, true)]
    [TestCase(1, true)]
    public void A_value_is_compressed_from_the_length_on_that_was_asked_for(int? from, bool isCompressed)
    {
        var copy = new byte[Repeating.Length];
        Assert.That(new ValueCompression(from).Copy(new(Repeating), copy, out var length), Is.EqualTo(isCompressed));

        Assert.That(isCompressed ? Read(copy[..length]) : copy[..length], Is.EqualTo(Repeating));
        Assert.That(new ValueCompression(from).Compress(Repeating).IsCompressed, Is.EqualTo(isCompressed));
    }

    /// <summary>Bytes that repeat at every distance, in runs, rarely or never.</summary>
    private static readonly Gen<byte[]> Values = Gen.OneOf(
        Gen.Byte.Array[0, 300],
        Gen.Byte[0, 3].Array[0, 2_000],
        Gen.Select(Gen.Byte.Array[1, 40], Gen.Int[1, 5_000], static (piece, times) => Enumerable.Repeat(piece, times).SelectMany(static bytes => bytes).Take(100_000).ToArray()),
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 70_000], Gen.Byte.Array[0, 200], static (start, zeros, end) => (byte[])[.. start, .. new byte[zeros], .. start, .. end]));

    [Test]
    public void Every_value_is_read_as_it_was_written() =>
        Values.Sample(
            static value =>
            {
                var (stored, isCompressed) = new ValueCompression(1).Compress(value);
                return (isCompressed ? Read(stored) : stored).AsSpan().SequenceEqual(value);
            },
            iter: 3_000);

    [Test]
    public void Whatever_stands_in_the_column_is_read_or_told_and_touches_nothing_beyond_its_place() =>
        Gen.Select(Values, Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 8]).Sample(
            static (value, changes) =>
            {
                var (stored, isCompressed) = new ValueCompression(1).Compress(value);
                if (!isCompressed)
                {
                    return true;
                }

                foreach (var (place, change) in changes)
                {
                    stored[place % stored.Length] = change;
                }

                var fence = new Fence();
                var isRead = CompressedValue.IsPlausible(stored, 1 << 20) && CompressedValue.TryRead(stored, fence);
                return fence.IsIntact && fence.Written == (isRead ? BinaryPrimitives.ReadInt32LittleEndian(stored.AsSpan(1)) : 0);
            },
            iter: 5_000);

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(10)]
    [TestCase(5_000)]
    public void What_does_not_become_smaller_is_copied_as_it_is(int bytes)
    {
        var (value, copy) = (new byte[bytes], new byte[bytes]);
        new Random(1).NextBytes(value);

        Assert.That(new ValueCompression(1).Copy(new(value), copy, out var length), Is.False);
        Assert.That((length, copy), Is.EqualTo((bytes, value)));
        Assert.That(new ValueCompression(1).Compress(value), Is.EqualTo((value, false)));
    }

    [Test]
    public void A_value_in_many_segments_is_compressed_as_one()
    {
        var copy = new byte[Repeating.Length];

        Assert.That(new ValueCompression(1).Copy(Segment.Sequence([.. Repeating.Chunk(7)]), copy, out var length), Is.True);
        Assert.That(Read(copy[..length]), Is.EqualTo(Repeating));
        Assert.That(length, Is.LessThan(Repeating.Length / 8));
    }

    [Test]
    public void Nothing_is_allocated_for_a_copy()
    {
        var (compression, copy) = (new ValueCompression(1), new byte[Repeating.Length]);
        compression.Copy(new(Repeating), copy, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        compression.Copy(new(Repeating), copy, out _);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [Test]
    public void What_claims_to_be_longer_than_is_allowed_or_possible_is_not_believed()
    {
        var compressed = new ValueCompression(1).Compress(Repeating).Stored;
        Assert.That(CompressedValue.IsPlausible(compressed, Repeating.Length), Is.True);
        Assert.That(CompressedValue.IsPlausible(compressed, Repeating.Length - 1), Is.False, "More than is allowed.");
        Assert.That(CompressedValue.IsPlausible(compressed.AsSpan(0, 5), Repeating.Length), Is.False, "No block.");
        Assert.That(CompressedValue.IsPlausible([], Repeating.Length), Is.False);
        Assert.That(CompressedValue.IsPlausible([2, .. compressed[1..]], Repeating.Length), Is.False, "Of a format of later.");
        foreach (var claimed in (int[])[int.MaxValue, -1, ((compressed.Length - 5) * 255) + 1])
        {
            BinaryPrimitives.WriteInt32LittleEndian(compressed.AsSpan(1), claimed);
            Assert.That(CompressedValue.IsPlausible(compressed, int.MaxValue), Is.False, "More than its bytes can stand for.");
        }
    }

    [Test]
    public void A_damaged_value_writes_nothing()
    {
        var compressed = new ValueCompression(1).Compress(Repeating).Stored;
        var destination = new ArrayBufferWriter<byte>();

        Assert.That(CompressedValue.TryRead(compressed.AsSpan(0, compressed.Length - 1), destination), Is.False);
        Assert.That(destination.WrittenCount, Is.Zero);
    }

    private static byte[] Read(byte[] compressed)
    {
        var destination = new ArrayBufferWriter<byte>();
        Assert.That(CompressedValue.TryRead(compressed, destination), Is.True);
        return destination.WrittenSpan.ToArray();
    }

    /// <summary>Hands out exactly what was asked for, between bytes that nobody may touch.</summary>
    private sealed class Fence : IBufferWriter<byte>
    {
        private const int Width = 64;
        private byte[] _all = new byte[2 * Width];

        public int Written { get; private set; }

        public bool IsIntact => !_all.AsSpan(0, Width).ContainsAnyExcept((byte)0) && !_all.AsSpan(_all.Length - Width).ContainsAnyExcept((byte)0);

        public void Advance(int count) => Written += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            _all = new byte[sizeHint + (2 * Width)];
            return _all.AsMemory(Width, sizeHint);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }
}
