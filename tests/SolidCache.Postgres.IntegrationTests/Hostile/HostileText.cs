using CsCheck;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Strings of somebody who means harm, or who sends whatever a user typed.</summary>
internal static class HostileText
{
    /// <summary>What would run, if any of them ever became SQL.</summary>
    public static readonly string[] Injections =
    [
        "'; DROP TABLE canary; --",
        "\"; DROP TABLE canary; --",
        "'); DELETE FROM canary; --",
        "' OR '1' = '1",
        "\\'; DROP TABLE canary; --",
        "$$; DROP TABLE canary; $$",
        "$1; DROP TABLE canary",
        "x' UNION SELECT 'a', true, 'b'::bytea --",
        "*/ DROP TABLE canary; /*",
        "x\"\"; DROP TABLE canary; --\\",
        "{state}'; DROP TABLE canary; --",
        "%s%I%L",
    ];

    private static readonly Gen<string> Piece = Gen.Frequency(
        (3, Gen.OneOf(Injections)),
        (6, Gen.OneOf("a", "A", " ", "^", "%", "_", "\\", "'", "\"", "\0", "\ud83d", "\ude00", "😀", "\u00e9", "e\u0301", "\u212b", "\u00c5", "\ufeff", "\ud7ff", "\ue000", "\uffff", "\U0010ffff")),
        (2, Gen.Char.Select(unit => unit.ToString())));

    public static Gen<string> Short { get; } = Piece.Array[0, 6].Select(string.Concat);

    /// <summary>Strings that share their first 1,000 characters, and some of 20,000.</summary>
    public static Gen<string> Long { get; } =
        Gen.Select(Gen.OneOf("k", "\u00e9", "😀", "'"), Gen.OneOf(1_000, 1_000, 1_000, 20_000), Short, (piece, length, end) => string.Concat(Enumerable.Repeat(piece, length)) + end);

    public static Gen<string> Any { get; } = Gen.Frequency((5, Short), (2, Long));
}
