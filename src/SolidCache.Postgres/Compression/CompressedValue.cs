using System.Buffers;
using System.Buffers.Binary;
using K4os.Compression.LZ4;

namespace SolidCache.Postgres.Compression;

/// <summary>
/// A value as it stands in the column for compressed ones: the number of the format, the length of the value, and a block of LZ4, of all formats the one whose blocks
/// are read at the speed of copying.
/// </summary>
internal static class CompressedValue
{
    private const byte Lz4 = 1;
    private const int HeaderBytes = 1 + sizeof(int);

    /// <summary>For how many bytes one byte of a block can stand: what claims to be longer is none.</summary>
    private const int MostBytesOfOne = 255;

    /// <param name="value">To be compressed; not empty.</param>
    /// <param name="destination">As much room as it may take.</param>
    /// <returns>The bytes that it takes; 0 when there is too little room for them.</returns>
    public static int Write(ReadOnlySpan<byte> value, Span<byte> destination)
    {
        if (destination.Length <= HeaderBytes || LZ4Codec.Encode(value, destination[HeaderBytes..]) is not (> 0 and var length))
        {
            return 0;
        }

        destination[0] = Lz4;
        BinaryPrimitives.WriteInt32LittleEndian(destination[1..], value.Length);
        return HeaderBytes + length;
    }

    /// <summary>Whether somebody could have written this: it is not believed, since a few bytes may claim to be gigabytes.</summary>
    /// <param name="compressed">What stands in the column.</param>
    /// <param name="most">The bytes that a value may have.</param>
    public static bool IsPlausible(ReadOnlySpan<byte> compressed, int most) =>
        compressed.Length > HeaderBytes
        && compressed[0] == Lz4
        && LengthOf(compressed) is > 0 and var length
        && length <= most
        && length <= (compressed.Length - HeaderBytes) * (long)MostBytesOfOne;

    /// <summary>Hands on the value of what is plausible.</summary>
    /// <returns>False, and nothing was written, when it is damaged.</returns>
    public static bool TryRead(ReadOnlySpan<byte> compressed, IBufferWriter<byte> destination)
    {
        var length = LengthOf(compressed);
        if (LZ4Codec.Decode(compressed[HeaderBytes..], destination.GetSpan(length)[..length]) != length)
        {
            return false;
        }

        destination.Advance(length);
        return true;
    }

    private static int LengthOf(ReadOnlySpan<byte> compressed) => BinaryPrimitives.ReadInt32LittleEndian(compressed[1..]);
}
