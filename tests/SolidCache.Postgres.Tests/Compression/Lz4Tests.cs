using CsCheck;
using K4os.Compression.LZ4;
using SolidCache.Postgres.Compression;

namespace SolidCache.Postgres.Tests.Compression;

/// <summary>Blocks of LZ4, held against another implementation, and read whoever has written them.</summary>
public sealed class Lz4Tests
{
    /// <summary>Bytes that repeat at every distance, in runs, rarely or never.</summary>
    private static readonly Gen<byte[]> Values = Gen.OneOf(
        Gen.Byte.Array[0, 300],
        Gen.Byte[0, 3].Array[0, 2_000],
        Gen.Select(Gen.Byte.Array[1, 40], Gen.Int[1, 5_000], static (piece, times) => Enumerable.Repeat(piece, times).SelectMany(static bytes => bytes).Take(100_000).ToArray()),
        Gen.Select(Gen.Byte.Array[0, 200], Gen.Int[0, 70_000], Gen.Byte.Array[0, 200], static (start, zeros, end) => (byte[])[.. start, .. new byte[zeros], .. start, .. end]));

    [Test]
    public void What_was_written_is_read_and_so_it_is_by_another_implementation() =>
        Values.Sample(
            static value =>
            {
                var block = Encoded(value);
                var (own, others) = (new byte[value.Length], new byte[value.Length]);
                return Lz4Decoder.TryDecode(block, own) && own.AsSpan().SequenceEqual(value)
                    && (value.Length == 0 || (LZ4Codec.Decode(block, others) == value.Length && others.AsSpan().SequenceEqual(value)));
            },
            iter: 3_000);

    [Test]
    public void What_another_implementation_has_written_is_read() =>
        Gen.Select(Values.Where(static value => value.Length > 0), Gen.OneOf(LZ4Level.L00_FAST, LZ4Level.L09_HC)).Sample(
            static (value, level) =>
            {
                var block = new byte[LZ4Codec.MaximumOutputSize(value.Length)];
                var read = new byte[value.Length];
                return Lz4Decoder.TryDecode(block.AsSpan(0, LZ4Codec.Encode(value, block, level)), read) && read.AsSpan().SequenceEqual(value);
            },
            iter: 1_000);

    [Test]
    public void A_block_is_the_whole_of_its_value_or_it_is_none() =>
        Gen.Select(Values, Gen.Int[0, int.MaxValue]).Sample(
            static (value, number) =>
            {
                var block = Encoded(value);
                return !Lz4Decoder.TryDecode(block, new byte[value.Length + 1])
                    && (value.Length == 0 || !Lz4Decoder.TryDecode(block, new byte[value.Length - 1]))
                    && !Lz4Decoder.TryDecode(block.AsSpan(0, number % block.Length), new byte[value.Length]);
            },
            iter: 1_000);

    [Test]
    public void Whatever_stands_in_a_block_is_read_or_told_and_touches_nothing_beyond_its_place() =>
        Gen.Select(Values, Gen.Select(Gen.Int[0, int.MaxValue], Gen.Byte).Array[1, 8], Gen.Int[0, 3_000]).Sample(
            static (value, changes, length) =>
            {
                var block = Encoded(value);
                foreach (var (place, change) in changes)
                {
                    block[place % block.Length] = change;
                }

                var destination = new byte[length + 64];
                Lz4Decoder.TryDecode(block, destination.AsSpan(32, length));
                return !destination.AsSpan(0, 32).ContainsAnyExcept((byte)0) && !destination.AsSpan(32 + length).ContainsAnyExcept((byte)0);
            },
            iter: 5_000);

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 0x10 }, Description = "a literal that is not there")]
    [TestCase(new byte[] { 0x10, 1, 0, 0 }, Description = "nothing is behind nothing")]
    [TestCase(new byte[] { 0x10, 1, 2, 0 }, Description = "what was before the start")]
    [TestCase(new byte[] { 0x1F, 1, 1, 0, 255 }, Description = "a length that does not end")]
    [TestCase(new byte[] { 0x1F, 1, 1, 0, 100 }, Description = "more than there is room for")]
    public void What_is_no_block_is_told(byte[] block) => Assert.That(Lz4Decoder.TryDecode(block, new byte[20]), Is.False);

    [Test]
    public void A_value_for_which_there_is_no_room_is_not_written_beyond_it([Values(0, 1, 5, 60, 99)] int room)
    {
        var (value, destination) = (new byte[100], new byte[200]);
        new Random(1).NextBytes(value);

        Assert.That(Lz4Encoder.Encode(value, destination.AsSpan(0, room)), Is.Zero);
        Assert.That(destination.AsSpan(room).ContainsAnyExcept((byte)0), Is.False);
    }

    private static byte[] Encoded(byte[] value)
    {
        var block = new byte[value.Length + (value.Length / 255) + 16];
        var length = Lz4Encoder.Encode(value, block);
        Assert.That(length, Is.Positive);
        return block[..length];
    }
}
