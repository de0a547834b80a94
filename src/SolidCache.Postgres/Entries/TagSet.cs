using System.Text;

namespace SolidCache.Postgres.Entries;

/// <summary>The tags of an entry as PostgreSQL writes an array of texts: rows of one statement may have different numbers of them.</summary>
internal static class TagSet
{
    /// <summary>Tags that an entry has at most.</summary>
    public const int MaxCount = 10_000;

    /// <summary>What the server needs for that many: each with its length, and in multiples of four bytes.</summary>
    public const int MaxBytes = MaxCount * (CacheKey.MaxBytes + 8);

    /// <param name="tags">As they are stored.</param>
    /// <returns>Null for none.</returns>
    public static string? Of(IEnumerable<CacheKey> tags)
    {
        var text = new StringBuilder();
        foreach (var tag in tags)
        {
            text.Append(text.Length == 0 ? "{\"" : ",\"")
                .Append(tag.Stored.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal))
                .Append('"');
        }

        return text.Length == 0 ? null : text.Append('}').ToString();
    }

    /// <summary>The tags of what <see cref="Of"/> made; null of null.</summary>
    public static string[]? Read(string? set)
    {
        if (set is null)
        {
            return null;
        }

        List<string> tags = [];
        var tag = new StringBuilder();
        for (var place = 2; place < set.Length; place++)
        {
            if (set[place] == '"')
            {
                // After it comes the next tag, or the end.
                tags.Add(tag.ToString());
                tag.Clear();
                place += 2;
                continue;
            }

            place += set[place] == '\\' ? 1 : 0;
            tag.Append(set[place]);
        }

        return [.. tags];
    }
}
