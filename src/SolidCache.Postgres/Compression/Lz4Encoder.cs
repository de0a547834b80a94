using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace SolidCache.Postgres.Compression;

/// <summary>
/// Writes blocks of LZ4 (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md): of all formats the one whose blocks are read at the speed of copying. In
/// .NET alone, so that nothing native has to be there.
/// </summary>
internal static class Lz4Encoder
{
    private const int HashBits = 12;

    /// <summary>A block ends with so many literals.</summary>
    private const int LastLiterals = 5;

    /// <summary>No match begins later than so far from the end.</summary>
    private const int LastMatch = 12;

    private const int ShortestMatch = 4;
    private const int FarthestMatch = 65_535;

    /// <summary>After so many positions in vain every second one is looked at, after as many again every third: what does not compress costs little time.</summary>
    private const int Patience = 6;

    /// <returns>The length of the block; 0 when it has no room.</returns>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Span<int> places = stackalloc int[1 << HashBits];
        places.Clear();
        var (written, anchor, position) = (0, 0, 1);
        while (TryFind(source, places, ref position, out var match))
        {
            while (position > anchor && match > 0 && source[position - 1] == source[match - 1])
            {
                position--;
                match--;
            }

            var length = ShortestMatch + SameBytes(source, position + ShortestMatch, match + ShortestMatch);
            if (!TryWrite(source[anchor..position], position - match, length - ShortestMatch, destination, ref written))
            {
                return 0;
            }

            position += length;
            anchor = position;
            if (position <= source.Length - LastMatch)
            {
                places[Place(Read(source, position - 2))] = position - 2;
            }
        }

        return TryWrite(source[anchor..], offset: 0, 0, destination, ref written) ? written : 0;
    }

    private static bool TryFind(ReadOnlySpan<byte> source, Span<int> places, ref int position, out int match)
    {
        var last = source.Length - LastMatch;
        for (var tries = 1 << Patience; position <= last; position += tries++ >> Patience)
        {
            var bytes = Read(source, position);
            ref var place = ref places[Place(bytes)];
            match = place;
            place = position;
            // Where nothing was put yet stands the first position, which is as good as any other.
            if (position - match <= FarthestMatch && Read(source, match) == bytes)
            {
                return true;
            }
        }

        match = 0;
        return false;
    }

    private static int SameBytes(ReadOnlySpan<byte> source, int position, int match)
    {
        var (length, end) = (0, source.Length - LastLiterals);
        for (; position + length + sizeof(ulong) <= end; length += sizeof(ulong))
        {
            var difference = BinaryPrimitives.ReadUInt64LittleEndian(source[(position + length)..]) ^ BinaryPrimitives.ReadUInt64LittleEndian(source[(match + length)..]);
            if (difference != 0)
            {
                return length + (BitOperations.TrailingZeroCount(difference) >> 3);
            }
        }

        while (position + length < end && source[position + length] == source[match + length])
        {
            length++;
        }

        return length;
    }

    /// <summary>A sequence: literals, and a match behind them but in the last one, whose offset is 0.</summary>
    private static bool TryWrite(ReadOnlySpan<byte> literals, int offset, int length, Span<byte> destination, ref int written)
    {
        // The token, the offset, and a byte for every 255 of either length.
        if (destination.Length - written < literals.Length + (literals.Length / 255) + (length / 255) + 5)
        {
            return false;
        }

        var token = written++;
        destination[token] = (byte)((Math.Min(literals.Length, 15) << 4) | Math.Min(length, 15));
        WriteRest(literals.Length, destination, ref written);
        literals.CopyTo(destination[written..]);
        written += literals.Length;
        if (offset > 0)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(destination[written..], (ushort)offset);
            written += sizeof(ushort);
            WriteRest(length, destination, ref written);
        }

        return true;
    }

    private static void WriteRest(int length, Span<byte> destination, ref int written)
    {
        if (length < 15)
        {
            return;
        }

        for (length -= 15; length >= 255; length -= 255)
        {
            destination[written++] = 255;
        }

        destination[written++] = (byte)length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read(ReadOnlySpan<byte> source, int position) => BinaryPrimitives.ReadUInt32LittleEndian(source[position..]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Place(uint bytes) => (int)((bytes * 2_654_435_761u) >> (32 - HashBits));
}
