using System.Text;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>The values that callers set: a text that names the value, and so many bytes after it as make it large. They do not shrink when compressed.</summary>
internal sealed class PaddedText(int paddingBytes, int largePaddingBytes = 0)
{
    /// <summary>The end of the texts of values that are larger than others.</summary>
    private const string LargeMark = " large";

    private readonly byte[] _padding = Padding(paddingBytes);
    private readonly byte[] _largePadding = Padding(largePaddingBytes);

    public bool HasLarge => _largePadding.Length > 0;

    /// <summary>What stands in no statement but the set of a value that is not large.</summary>
    public ReadOnlySpan<byte> Marker => _padding.AsSpan(..Math.Min(_padding.Length, 16));

    public static string Large(string text) => text + LargeMark;

    public static bool IsLarge(string? text) => text?.EndsWith(LargeMark, StringComparison.Ordinal) == true;

    public byte[] ToBytes(string text) => [.. Encoding.UTF8.GetBytes(text), .. PaddingOf(text)];

    /// <summary>The text; a value that is not as it was set has one that nobody wrote.</summary>
    public string FromBytes(byte[] value)
    {
        var padding = HasLarge && value.Length >= _largePadding.Length ? _largePadding : _padding;
        var text = value.AsSpan().EndsWith(padding) ? Encoding.UTF8.GetString(value.AsSpan(..^padding.Length)) : null;
        return text is not null && PaddingOf(text) == padding ? text : $"torn: {value.Length} bytes";
    }

    private static byte[] Padding(int bytes)
    {
        var padding = new byte[bytes];
        new Random(bytes).NextBytes(padding);
        return padding;
    }

    private byte[] PaddingOf(string text) => HasLarge && IsLarge(text) ? _largePadding : _padding;
}
