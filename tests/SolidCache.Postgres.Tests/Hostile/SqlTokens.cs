using System.Text.RegularExpressions;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>
/// Cuts a script into PostgreSQL's tokens, bodies between dollar quotes included, and leaves out what stands in quotes: what remains is what
/// the server would do.
/// </summary>
internal static partial class SqlTokens
{
    public static string[] Skeleton(string sql) => [.. Of(sql).Where(token => token.Kind != "space").Select(token => token.Kind == "other" ? token.Text : $"<{token.Kind}>")];

    /// <summary>The names between double quotes, in their order.</summary>
    public static string[] Identifiers(string sql) => [.. Of(sql).Where(token => token.Kind == "identifier").Select(token => token.Text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal))];

    /// <summary>The value of a string literal, as the server reads it; null if the text is not exactly one.</summary>
    public static string? Value(string literal) => Of(literal).Where(token => token.Kind != "space").ToList() is [{ Kind: "literal", Text: var text }]
        ? text[0] == 'E' ? Escape().Replace(text[2..^1].Replace("''", "'", StringComparison.Ordinal), static escape => escape.Groups[1].Value switch { "n" => "\n", "r" => "\r", var other => other }) : text[1..^1].Replace("''", "'", StringComparison.Ordinal)
        : null;

    private static IEnumerable<(string Kind, string Text)> Of(string sql)
    {
        foreach (Match match in Token().Matches(sql))
        {
            if (match.Groups["body"].Success)
            {
                foreach (var inner in Of(match.Groups["body"].Value))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return (match.Groups.Values.Last(group => group.Success && group.Name is "space" or "literal" or "identifier" or "other" && group.Success).Name, match.Value);
            }
        }
    }

    [GeneratedRegex(
        """
        (?<space>(?:\s|--[^\n]*|/\*.*?\*/)+)
        |(?<literal>E'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')
        |(?<identifier>"(?:[^"]|"")*")
        |(?<tag>\$\w*\$)(?<body>.*?)\k<tag>
        |(?<other>\w+|.)
        """,
        RegexOptions.Singleline | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Token();

    [GeneratedRegex(@"\\(.)", RegexOptions.Singleline)]
    private static partial Regex Escape();
}
