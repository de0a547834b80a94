using System.Buffers.Binary;
using System.Runtime.Intrinsics;

namespace SolidCache.Postgres.Compression;

/// <summary>Reads blocks of LZ4, whoever has written them: what is no block, or one of another length, is told, and nothing beyond its bounds is touched.</summary>
internal static class Lz4Decoder
{
    private const int ShortestMatch = 4;

    /// <returns>Whether the block fills the destination, neither more nor less.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var (read, written) = (0, 0);
        while (read < source.Length)
        {
            var token = source[read++];
            if (!TryReadLength(source, token >> 4, ref read, out var literals) || literals > source.Length - read || literals > destination.Length - written)
            {
                return false;
            }

            Copy(source[read..], destination[written..], literals);
            read += literals;
            written += literals;
            if (read == source.Length)
            {
                return written == destination.Length;
            }

            if (source.Length - read < sizeof(ushort))
            {
                return false;
            }

            var offset = BinaryPrimitives.ReadUInt16LittleEndian(source[read..]);
            read += sizeof(ushort);
            if (!TryReadLength(source, token & 15, ref read, out var length) || offset == 0 || offset > written || length > destination.Length - written - ShortestMatch)
            {
                return false;
            }

            length += ShortestMatch;
            Repeat(destination, written, offset, length);
            written += length;
        }

        return false;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> source, int nibble, ref int read, out int length)
    {
        length = nibble;
        if (nibble < 15)
        {
            return true;
        }

        while (read < source.Length)
        {
            var more = source[read++];
            // A block of 2 GB of them has the length of none that is allowed.
            length = Math.Min(length + more, int.MaxValue - 255);
            if (more < 255)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Most are short: sixteen bytes at once, if there is room for them, are faster than as many as there are.</summary>
    private static void Copy(ReadOnlySpan<byte> source, Span<byte> destination, int length)
    {
        if (length <= Vector128<byte>.Count && source.Length >= Vector128<byte>.Count && destination.Length >= Vector128<byte>.Count)
        {
            Vector128.Create(source).CopyTo(destination);
        }
        else
        {
            source[..length].CopyTo(destination);
        }
    }

    /// <summary>Repeats what was written already; one that is longer than its distance repeats what it writes itself.</summary>
    private static void Repeat(Span<byte> destination, int written, int offset, int length)
    {
        if (offset >= length)
        {
            Copy(destination[(written - offset)..], destination[written..], length);
            return;
        }

        // Each copy doubles what is there to be repeated.
        var run = destination[(written - offset)..(written + length)];
        for (int done = offset, next; done < run.Length; done += next)
        {
            next = Math.Min(done, run.Length - done);
            run[..next].CopyTo(run[done..]);
        }
    }
}
