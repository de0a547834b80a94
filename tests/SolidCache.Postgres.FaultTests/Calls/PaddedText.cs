using System.Text;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>The values that callers set: a text that names the value, and so many bytes after it as make it large. They do not shrink when compressed.</summary>
internal sealed class PaddedText
{
    private readonly byte[] _padding;

    public PaddedText(int paddingBytes)
    {
        _padding = new byte[paddingBytes];
        new Random(paddingBytes).NextBytes(_padding);
    }

    public byte[] ToBytes(string text) => [.. Encoding.UTF8.GetBytes(text), .. _padding];

    /// <summary>The text; a value that is not as it was set has one that nobody wrote.</summary>
    public string FromBytes(byte[] value) => value.AsSpan().EndsWith(_padding)
        ? Encoding.UTF8.GetString(value.AsSpan(..^_padding.Length))
        : $"torn: {value.Length} bytes";
}
