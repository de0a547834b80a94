using System.Buffers;

namespace SolidCache.Postgres.Compression;

/// <summary>Which values are stored compressed. Whatever it says, those that are compressed can be read.</summary>
/// <param name="from">The bytes from which a value is compressed; null: none is.</param>
internal sealed class ValueCompression(int? from)
{
    /// <summary>A value that keeps more than seven eighths of its bytes is stored as it is.</summary>
    private const int LeastGain = 8;

    /// <summary>Copies a value, compressed where that is wanted and pays.</summary>
    /// <param name="value">The value.</param>
    /// <param name="destination">Has room for it as it is.</param>
    /// <param name="length">The bytes of the copy.</param>
    /// <returns>Whether it is compressed.</returns>
    public bool Copy(ReadOnlySequence<byte> value, Span<byte> destination, out int length)
    {
        length = (int)value.Length;
        if (length >= from && TryCompress(value, destination[..(length - (length / LeastGain))], out var compressed))
        {
            length = compressed;
            return true;
        }

        value.CopyTo(destination);
        return false;
    }

    /// <summary>A value that is sent at once, and need not be copied: as it is, or compressed.</summary>
    public (byte[] Stored, bool IsCompressed) Compress(byte[] value)
    {
        if (value.Length < (from ?? int.MaxValue))
        {
            return (value, false);
        }

        var rented = ArrayPool<byte>.Shared.Rent(value.Length);
        try
        {
            return Copy(new(value), rented, out var length) ? (rented[..length], true) : (value, false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static bool TryCompress(ReadOnlySequence<byte> value, Span<byte> destination, out int length)
    {
        if (value.IsSingleSegment)
        {
            length = CompressedValue.Write(value.FirstSpan, destination);
            return length > 0;
        }

        var joined = ArrayPool<byte>.Shared.Rent((int)value.Length);
        try
        {
            value.CopyTo(joined);
            length = CompressedValue.Write(joined.AsSpan(0, (int)value.Length), destination);
            return length > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(joined);
        }
    }
}
