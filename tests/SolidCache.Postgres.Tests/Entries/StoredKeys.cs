using System.Text;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>What a stored key must be, whatever it was made of.</summary>
internal static class StoredKeys
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The bytes that PostgreSQL gets; throws where it would refuse them.</summary>
    public static byte[] Bytes(string stored) => Strict.GetBytes(stored);

    public static bool IsValid(string stored)
    {
        try
        {
            return Bytes(stored).Length <= CacheKey.MaxBytes && !stored.Contains('\0');
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }

    /// <summary>Whether the key stands in the table as the caller wrote it, apart from what leads it.</summary>
    public static bool IsAsWritten(string key, string stored) => stored == key || stored.EndsWith("^" + key, StringComparison.Ordinal);
}
