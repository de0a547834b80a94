using System.Globalization;
using System.Text.RegularExpressions;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>
/// Writes and reads halves of surrogate pairs as <c>\ud83d</c>: the arguments of an attribute are UTF-8 in the assembly, which
/// cannot hold them, and neither can a test report.
/// </summary>
internal static partial class Escapes
{
    public static string Unescaped(this string text) =>
        Escape().Replace(text, match => ((char)int.Parse(match.ValueSpan[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)).ToString());

    public static string Escaped(this string text) =>
        "\"" + string.Concat(text.Select(unit => unit is >= ' ' and <= '~' ? unit.ToString() : $"\\u{(int)unit:x4}")) + "\"";

    [GeneratedRegex(@"\\u[0-9a-f]{4}")]
    private static partial Regex Escape();
}
