using System.Diagnostics;
using System.Text;

namespace SolidCache.Postgres.Entries;

/// <summary>A key as it stands in the table: valid PostgreSQL text of at most <see cref="MaxBytes"/> bytes. Made by <see cref="KeySpace"/>.</summary>
internal readonly record struct CacheKey : IComparable<CacheKey>
{
    /// <summary>The longest stored key in bytes of UTF-8, well under the 2,704 bytes that a B-tree entry can hold.</summary>
    public const int MaxBytes = 1024;

    public CacheKey(string stored)
    {
        Debug.Assert(stored is not null && Encoding.UTF8.GetByteCount(stored) <= MaxBytes && !stored.Contains('\0'), "Not a stored key.");
        Stored = stored!;
    }

    public string Stored { get; }

    /// <summary>The order of the bytes of UTF-8, which is that of the table's primary key.</summary>
    public static int Compare(string one, string other)
    {
        var common = one.AsSpan().CommonPrefixLength(other);
        return common == one.Length || common == other.Length
            ? one.Length.CompareTo(other.Length)
            : Rank(one[common]).CompareTo(Rank(other[common]));
    }

    public int CompareTo(CacheKey other) => Compare(Stored, other.Stored);

    /// <summary>Surrogates stand for what comes last in UTF-8, and yet before U+E000 to U+FFFF in UTF-16.</summary>
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
