using System.Text;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>What PostgreSQL makes of a range of keys, in a few lines: the order of the <c>"C"</c> collation, and <c>LIKE</c>.</summary>
internal static class RangeInterpreter
{
    public static bool Holds(this IEnumerable<KeyRange> ranges, string stored) => ranges.Any(range => Holds(range, stored));

    private static bool Holds(KeyRange range, string stored) =>
        Compare(stored, range.From) >= 0
        && (range.To is null || Compare(stored, range.To) < 0)
        && (range.Pattern is null || Like(stored, range.Pattern))
        && (!range.SkipsPrefixed || !stored.Contains(KeySpace.Separator));

    /// <summary>Characters are code points. On a mismatch the last <c>%</c> takes one more of them.</summary>
    public static bool Like(string text, string pattern)
    {
        Rune[] characters = [.. text.EnumerateRunes()];
        Rune[] tokens = [.. pattern.EnumerateRunes()];
        var (character, token, afterRun, runEnd) = (0, 0, -1, 0);
        while (character < characters.Length)
        {
            if (token < tokens.Length && tokens[token].Value == '%')
            {
                (afterRun, runEnd) = (++token, character);
            }
            else if (token < tokens.Length && Takes(tokens, ref token, characters[character]))
            {
                character++;
            }
            else if (afterRun >= 0)
            {
                (token, character) = (afterRun, ++runEnd);
            }
            else
            {
                return false;
            }
        }

        return tokens[token..].All(rest => rest.Value == '%');
    }

    private static bool Takes(Rune[] tokens, ref int token, Rune character)
    {
        var isEscape = tokens[token].Value == '\\';
        var wanted = tokens[isEscape ? token + 1 : token];
        if (wanted != character && (isEscape || wanted.Value != '_'))
        {
            return false;
        }

        token += isEscape ? 2 : 1;
        return true;
    }

    private static int Compare(string left, string right) => StoredKeys.Bytes(left).AsSpan().SequenceCompareTo(StoredKeys.Bytes(right));
}
