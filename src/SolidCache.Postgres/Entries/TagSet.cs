using System.Text;

namespace SolidCache.Postgres.Entries;

/// <summary>The tags of an entry as PostgreSQL writes an array of texts: rows of one statement may have different numbers of them.</summary>
internal static class TagSet
{
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
}
