using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace SolidCache.Postgres.Entries;

/// <summary>What PostgreSQL's <c>text</c> can hold of a .NET string, in the terms of UTF-8 that it counts and sorts by.</summary>
internal static class KeyText
{
    private const char FirstSurrogate = '\uD800';
    private const char LastSurrogate = '\uDFFF';

    /// <summary>Whether <c>text</c> can hold the whole string: no U+0000, no half of a surrogate pair.</summary>
    public static bool IsStorable(string text) =>
        !text.Contains('\0')
        && (text.AsSpan().IndexOfAnyInRange(FirstSurrogate, LastSurrogate) < 0 || StorablePrefix(text, int.MaxValue).Length == text.Length);

    public static bool FitsIn(string text, int bytes) =>
        text.Length <= bytes / 3 || (text.Length <= bytes && Encoding.UTF8.GetByteCount(text) <= bytes);

    /// <summary>The longest start of the string that is storable and fits in so many bytes of UTF-8.</summary>
    public static string StorablePrefix(string text, int maxBytes)
    {
        var rest = text.AsSpan();
        var bytes = 0;
        while (!rest.IsEmpty
            && Rune.DecodeFromUtf16(rest, out var rune, out var length) == OperationStatus.Done
            && rune.Value != 0
            && bytes + rune.Utf8SequenceLength <= maxBytes)
        {
            bytes += rune.Utf8SequenceLength;
            rest = rest[length..];
        }

        return text[..^rest.Length];
    }

    /// <summary>The first string, in the order of UTF-8 bytes, after all that start with <paramref name="prefix"/>; null if none is.</summary>
    public static string? Successor(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToArray();
        for (var last = runes.Length - 1; last >= 0; last--)
        {
            if (Next(runes[last]) is { } next)
            {
                return string.Concat(runes[..last].Append(next));
            }
        }

        return null;
    }

    /// <summary>SHA-256 of the UTF-16 units: unlike UTF-8, they tell one lone surrogate from another.</summary>
    public static string Hash(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan())));

    private static Rune? Next(Rune rune) => rune.Value switch
    {
        0x10FFFF => null,
        FirstSurrogate - 1 => new Rune(LastSurrogate + 1),
        _ => new Rune(rune.Value + 1),
    };
}
