namespace SolidCache.Postgres.Benchmarks.Codecs;

/// <summary>A way to compress, from span to span and with what it needs at hand, as a cache would use it.</summary>
/// <param name="name">As the tables call it.</param>
internal abstract class Codec(string name)
{
    public string Name => name;

    /// <returns>The compressed length.</returns>
    public abstract int Compress(ReadOnlySpan<byte> source, Span<byte> destination);

    /// <returns>The length of what it holds.</returns>
    public abstract int Decompress(ReadOnlySpan<byte> source, Span<byte> destination);
}
