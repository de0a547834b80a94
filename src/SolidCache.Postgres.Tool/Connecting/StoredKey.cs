using System.Text;

namespace SolidCache.Postgres.Tool.Connecting;

/// <summary>
/// A key as it stands in the table, which is what psql shows: the prefix of an application before a <c>^</c>, and what the application calls the key behind it.
/// </summary>
/// <param name="Prefix">The application's, or null for a key that stands behind a lone <c>^</c>, since it holds one of its own.</param>
/// <param name="Key">The key as the application uses it.</param>
internal sealed record StoredKey(string? Prefix, string Key)
{
    private const char Separator = '^';
    private const int MaxPrefixBytes = 128;

    /// <returns>Null for what stands in the table as an application without a prefix has it.</returns>
    public static StoredKey? Read(string text) => text.IndexOf(Separator, StringComparison.Ordinal) switch
    {
        < 0 => null,
        0 => new StoredKey(null, text[1..]),
        var end when Encoding.UTF8.GetByteCount(text.AsSpan(0, end)) <= MaxPrefixBytes => new StoredKey(text[..end], text[(end + 1)..]),
        _ => null,
    };
}
