using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace SolidCache.Postgres.Entries;

/// <summary>
/// Maps every .NET string to a stored key of its own. What <c>text</c> cannot hold, and what is too long, is stored as its readable
/// start and a SHA-256 of the whole; a key that looks like such a one is stored that way too, so that no two keys ever meet.
/// </summary>
/// <remarks>
/// A key is stored behind its space's prefix and <c>^</c>. In the space without a prefix a key stands as it is; one that holds a
/// <c>^</c> of its own stands behind a lone <c>^</c>, where it cannot be taken for a key of another space.
/// </remarks>
internal sealed partial class KeySpace
{
    public const char Separator = '^';
    public const int MaxPrefixBytes = 128;
    private const string LocksPrefix = "solid_cache_lock";
    private const string HashMark = "#sha256:";
    private const int HashedTailBytes = 8 + 64;
    private const char LowestLowSurrogate = '\uDC00';
    private const char HighestLowSurrogate = '\uDFFF';
    private static readonly string AnyHash = new('_', 64);
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <exception cref="ArgumentException">The prefix is empty, too long, or holds what a prefix may not.</exception>
    public KeySpace(string? prefix)
    {
        if (prefix is null)
        {
            return;
        }

        if (prefix.Length == 0 || prefix.Contains(Separator) || !KeyText.IsStorable(prefix) || !KeyText.FitsIn(prefix, MaxPrefixBytes))
        {
            throw new ArgumentException(
                $"'{prefix}' is not a key prefix: it must have 1 to {MaxPrefixBytes} bytes of UTF-8, without '{Separator}', U+0000 and lone surrogates.",
                nameof(prefix));
        }

        if (prefix.Split('.')[^1] == LocksPrefix)
        {
            throw new ArgumentException($"'{prefix}' is not a key prefix: locks have their rows under that name. Choose another.", nameof(prefix));
        }

        Lead = prefix + Separator;
    }

    private string? Lead { get; init; }

    /// <summary>The space beside the one of a prefix, or of none, in which locks have their names: no caller's key meets one, and no removal of keys frees it.</summary>
    public static KeySpace OfLocksBeside(string? prefix) =>
        new(prefix: null) { Lead = $"{(prefix is null ? null : prefix + ".")}{LocksPrefix}{Separator}" };

    public CacheKey Map(string key)
    {
        var lead = LeadOf(key);
        var asItIs = IsStoredAsItIs(key, lead);
        return new CacheKey((lead.Length, asItIs) switch
        {
            (0, true) => key,
            (_, true) => lead + key,
            _ => lead + Readable(key, lead) + HashMark + KeyText.Hash(key),
        });
    }

    /// <summary>The key that is stored under a name: itself, or, if it cannot be stored as it is, its readable start and its hash; null for one of another space.</summary>
    public string? NameOf(string stored) => (Lead, stored.IndexOf(Separator)) switch
    {
        ({ } lead, _) => stored.StartsWith(lead, StringComparison.Ordinal) ? stored[lead.Length..] : null,
        (null, < 0) => stored,
        (null, 0) => stored[1..],
        _ => null,
    };

    /// <summary>The same of a key.</summary>
    public string NameOfKey(string key)
    {
        var lead = LeadOf(key);
        return IsStoredAsItIs(key, lead) ? key : Readable(key, lead) + HashMark + KeyText.Hash(key);
    }

    /// <summary>The ranges that hold every stored key whose key starts with the prefix; see docs/schema.md for long ones.</summary>
    public IReadOnlyList<KeyRange> StartingWith(string prefix)
    {
        var ranges = new List<KeyRange>();
        foreach (var lead in LeadsOfAnyStartingWith(prefix))
        {
            if (KeyText.IsStorable(prefix) && KeyText.FitsIn(lead + prefix, CacheKey.MaxBytes))
            {
                ranges.Add(RangeOf(lead, prefix, pattern: null));
            }

            var readable = Readable(prefix, lead);
            if (readable.Length < prefix.Length)
            {
                ranges.Add(RangeOf(lead, readable + HashMark, LikeEscaped(lead + readable + HashMark) + AnyHash));
            }

            if (HalfAPair(prefix, lead) is { } pairs)
            {
                ranges.Add(pairs);
            }
        }

        return ranges;
    }

    /// <summary>The ranges that hold every stored key that matches the pattern.</summary>
    /// <exception cref="ArgumentException">The pattern is not one.</exception>
    public IReadOnlyList<KeyRange> Matching(string pattern)
    {
        if (!KeyText.IsStorable(pattern) || !WellFormedPattern().IsMatch(pattern))
        {
            throw new ArgumentException(
                @"A pattern may not end in a lone '\' (write '\\' for a backslash), nor hold U+0000 or lone surrogates.",
                nameof(pattern));
        }

        var literal = EscapedCharacter().Replace(LiteralStart().Match(pattern).Value, "$1");
        return [.. LeadsOfAnyStartingWith(literal).Select(lead => RangeOf(lead, Readable(literal, lead), LikeEscaped(lead) + pattern))];
    }

    /// <summary>A prefix that ends within a surrogate pair starts the keys that go on with any pair of that half.</summary>
    private static KeyRange? HalfAPair(string prefix, string lead)
    {
        if (prefix.Length == 0 || !char.IsHighSurrogate(prefix[^1]) || !KeyText.IsStorable(prefix[..^1]) || !KeyText.FitsIn(lead + prefix[..^1], CacheKey.MaxBytes))
        {
            return null;
        }

        var start = lead + prefix[..^1];
        return new KeyRange(
            start + new Rune(prefix[^1], LowestLowSurrogate),
            KeyText.Successor(start + new Rune(prefix[^1], HighestLowSurrogate)),
            Pattern: null,
            SkipsPrefixed: lead.Length == 0);
    }

    private string LeadOf(string key) => Lead ?? (key.Contains(Separator) ? "^" : "");

    private string[] LeadsOfAnyStartingWith(string prefix) => Lead is not null ? [Lead] : prefix.Contains(Separator) ? ["^"] : ["", "^"];

    private static bool IsStoredAsItIs(string key, string lead) =>
        KeyText.IsStorable(key) && KeyText.FitsIn(key, CacheKey.MaxBytes - Encoding.UTF8.GetByteCount(lead)) && !LooksHashed(key);

    public static bool LooksHashed(ReadOnlySpan<char> key) =>
        key.Length >= HashedTailBytes
        && key[^HashedTailBytes..].StartsWith(HashMark)
        && !key[^64..].ContainsAnyExcept(HexDigits);

    private static string Readable(string key, string lead) =>
        KeyText.StorablePrefix(key, CacheKey.MaxBytes - Encoding.UTF8.GetByteCount(lead) - HashedTailBytes);

    private static string LikeEscaped(string literal) => Wildcard().Replace(literal, @"\$0");

    private static KeyRange RangeOf(string lead, string start, string? pattern) =>
        new(lead + start, KeyText.Successor(lead + start), pattern, SkipsPrefixed: lead.Length == 0);

    [GeneratedRegex(@"\A(?:[^\\]|\\.)*\z", RegexOptions.Singleline)]
    private static partial Regex WellFormedPattern();

    [GeneratedRegex(@"\A(?:[^\\%_]|\\.)*", RegexOptions.Singleline)]
    private static partial Regex LiteralStart();

    [GeneratedRegex(@"\\(.)", RegexOptions.Singleline)]
    private static partial Regex EscapedCharacter();

    [GeneratedRegex(@"[\\%_]")]
    private static partial Regex Wildcard();
}
