using System.Diagnostics;
using System.Text;

namespace SolidCache.Postgres.Entries;

/// <summary>A key as it stands in the table: valid PostgreSQL text of at most <see cref="MaxBytes"/> bytes. Made by <see cref="KeySpace"/>.</summary>
internal readonly record struct CacheKey
{
    /// <summary>The longest stored key in bytes of UTF-8, well under the 2,704 bytes that a B-tree entry can hold.</summary>
    public const int MaxBytes = 1024;

    public CacheKey(string stored)
    {
        Debug.Assert(stored is not null && Encoding.UTF8.GetByteCount(stored) <= MaxBytes && !stored.Contains('\0'), "Not a stored key.");
        Stored = stored!;
    }

    public string Stored { get; }
}
