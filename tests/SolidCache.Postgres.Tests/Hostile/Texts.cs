using CsCheck;
using SolidCache.Postgres.Tests.Entries;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>Generators of strings that somebody might send who means harm, or nothing at all.</summary>
internal static class Texts
{
    private static readonly string[] Pieces =
    [
        .. NastyText.Storable, .. NastyText.Unstorable, "%%", "__", @"\\", @"\%", "''", "\"\"", "$$", "$1", "--", "/*", "*/", ";", "\n", "\r", "\t", "\u200b", "\ufeff",
        "\u212b", "\u00c5", "A\u030a", "\u1e9b\u0323", "\uac00", "\u1100\u1161", "{state}", "{schema}", "$solid_cache$", "'; DROP TABLE canary; --", "_state",
    ];

    private static readonly Gen<string> Piece = Gen.Frequency(
        (4, Gen.OneOf(Pieces)),
        (1, Gen.Char.Select(unit => unit.ToString())),
        (1, Gen.Int[0, 0xFFFF].Select(unit => ((char)unit).ToString())));

    public static Gen<string> Short { get; } = Piece.Array[0, 8].Select(string.Concat);

    /// <summary>Up to 20,000 characters, and often within a few bytes of a stored key's limits.</summary>
    public static Gen<string> Long { get; } = Gen.Select(
        Piece, Gen.Frequency((3, Gen.Int[940, 1_040]), (1, Gen.Int[1, 20_000])), Short, (piece, length, end) => Repeated(piece, length) + end);

    public static Gen<string> Any { get; } = Gen.Frequency((4, Short), (1, Long));

    /// <summary>Two strings of which the second is made of the first, in a way that a careless mapping does not notice.</summary>
    public static Gen<(string One, string Other)> Pairs { get; } = Gen.Select(Any, Short, Gen.Int[0, 9]).Select((one, piece, change) => (one, change switch
    {
        0 => one + piece,
        1 => piece + one,
        2 => one.ToUpperInvariant(),
        3 => Normalized(one),
        4 => one + ' ',
        5 => one.Replace("\0", "", StringComparison.Ordinal),
        6 => one.Length == 0 ? "" : one[..^1] + '\ufffd',
        7 => string.Concat(one.Reverse()),
        8 => one,
        _ => piece,
    }));

    public static string Print(string text) => text.Escaped();

    private static string Repeated(string piece, int length) => string.Concat(Enumerable.Repeat(piece, (length + piece.Length - 1) / piece.Length))[..length];

    private static string Normalized(string text)
    {
        try
        {
            return text.Normalize(System.Text.NormalizationForm.FormKD);
        }
        catch (ArgumentException)
        {
            return text + "n";
        }
    }
}
