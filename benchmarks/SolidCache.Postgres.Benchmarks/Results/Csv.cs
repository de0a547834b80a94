using System.Text;

namespace SolidCache.Postgres.Benchmarks.Results;

/// <summary>Lines of comma-separated fields, in quotes where a field holds a comma or a quote. No field holds a line break.</summary>
internal static class Csv
{
    public static string Line(IEnumerable<string> fields) => string.Join(',', fields.Select(Quoted));

    public static string[] Fields(string line)
    {
        List<string> fields = [];
        var field = new StringBuilder();
        var isQuoted = false;
        for (var at = 0; at < line.Length; at++)
        {
            switch (line[at])
            {
                case '"' when isQuoted && at + 1 < line.Length && line[at + 1] == '"':
                    field.Append('"');
                    at++;
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case ',' when !isQuoted:
                    fields.Add(field.ToString());
                    field.Clear();
                    break;
                default:
                    field.Append(line[at]);
                    break;
            }
        }

        return [.. fields, field.ToString()];
    }

    private static string Quoted(string field) =>
        field.AsSpan().ContainsAny(',', '"') ? $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : field;
}
