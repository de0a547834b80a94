using ZstdSharp;

namespace SolidCache.Postgres.Benchmarks.Codecs;

/// <summary>Zstandard of the package ZstdSharp.Port, with contexts that are kept.</summary>
internal sealed class Zstd(int level) : Codec($"Zstandard {level} (ZstdSharp)"), IDisposable
{
    private readonly Compressor _compressor = new(level);
    private readonly Decompressor _decompressor = new();

    public override int Compress(ReadOnlySpan<byte> source, Span<byte> destination) => _compressor.Wrap(source, destination);

    public override int Decompress(ReadOnlySpan<byte> source, Span<byte> destination) => _decompressor.Unwrap(source, destination);

    public void Dispose()
    {
        _compressor.Dispose();
        _decompressor.Dispose();
    }
}
