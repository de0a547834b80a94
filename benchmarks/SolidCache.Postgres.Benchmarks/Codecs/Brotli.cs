using System.IO.Compression;

namespace SolidCache.Postgres.Benchmarks.Codecs;

/// <summary>Brotli of the framework.</summary>
internal sealed class Brotli(int quality) : Codec($"Brotli {quality}")
{
    private const int WindowBits = 18;

    public override int Compress(ReadOnlySpan<byte> source, Span<byte> destination) =>
        BrotliEncoder.TryCompress(source, destination, out var written, quality, WindowBits) ? written : throw new InvalidOperationException("It has no room.");

    public override int Decompress(ReadOnlySpan<byte> source, Span<byte> destination) =>
        BrotliDecoder.TryDecompress(source, destination, out var written) ? written : throw new InvalidOperationException("It is no Brotli.");
}
