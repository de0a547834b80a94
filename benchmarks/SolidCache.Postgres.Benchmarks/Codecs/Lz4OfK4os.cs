using K4os.Compression.LZ4;

namespace SolidCache.Postgres.Benchmarks.Codecs;

/// <summary>LZ4 of the package K4os.Compression.LZ4, at its fastest.</summary>
internal sealed class Lz4OfK4os() : Codec("LZ4 (K4os)")
{
    public override int Compress(ReadOnlySpan<byte> source, Span<byte> destination) => LZ4Codec.Encode(source, destination);

    public override int Decompress(ReadOnlySpan<byte> source, Span<byte> destination) => LZ4Codec.Decode(source, destination);
}
