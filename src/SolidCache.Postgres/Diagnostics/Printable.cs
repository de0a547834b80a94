namespace SolidCache.Postgres.Diagnostics;

/// <summary>
/// Text of others (values, a server's messages, names) as a terminal or a log may have it: without the control characters that write over what stands there, and
/// without those that turn the direction of what follows, so that a text looks like another.
/// </summary>
internal static class Printable
{
    private const char Instead = '\uFFFD';

    /// <summary>Lines and columns of a text stay.</summary>
    public static string Text(string text) => Replaced(text, static character => IsHarmful(character) && character is not ('\n' or '\t'));

    /// <summary>One line, of one column.</summary>
    public static string Line(string text) => Replaced(text.ReplaceLineEndings(" "), IsHarmful);

    /// <summary>Unicode's Bidi_Control, besides all controls.</summary>
    private static bool IsHarmful(char character) =>
        char.IsControl(character) || character is '\u061C' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static string Replaced(string text, Func<char, bool> isHarmful) =>
        text.Any(isHarmful) ? string.Concat(text.Select(character => isHarmful(character) ? Instead : character)) : text;
}
