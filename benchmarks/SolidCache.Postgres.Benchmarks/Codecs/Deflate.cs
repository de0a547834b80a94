using System.IO.Compression;

namespace SolidCache.Postgres.Benchmarks.Codecs;

/// <summary>Deflate of the framework, at its fastest; it takes streams only.</summary>
internal sealed class Deflate() : Codec("Deflate, fastest")
{
    public override int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        using var compressed = new MemoryStream();
        using (var deflate = new DeflateStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(source);
        }

        compressed.GetBuffer().AsSpan(0, (int)compressed.Length).CopyTo(destination);
        return (int)compressed.Length;
    }

    public override int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        using var deflate = new DeflateStream(new MemoryStream(source.ToArray()), CompressionMode.Decompress);
        return deflate.ReadAtLeast(destination, destination.Length, throwOnEndOfStream: false);
    }
}
