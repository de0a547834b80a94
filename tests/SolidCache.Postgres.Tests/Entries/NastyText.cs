namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Random strings of the pieces that keys can go wrong on. A seed always gives the same strings.</summary>
internal sealed class NastyText(int seed)
{
    public const string HexDigits64 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// <summary>Pieces that <c>text</c> can hold.</summary>
    public static readonly string[] Storable =
    [
        "a", "b", "A", " ", "^", "%", "_", "\\", "'", "\"", "#", "#sha256:", HexDigits64, "app", "app2", "app^", "app2^", "é", "e\u0301",
        "€", "\u007f", "\u0080", "\u07ff", "\u0800", "\ud7ff", "\ue000", "\uffff", "😀", "\U00010000", "\U0010ffff",
    ];

    /// <summary>Pieces that it cannot hold. Some of them make a whole character with a neighbour.</summary>
    public static readonly string[] Unstorable = ["\0", "\ud83d", "\ud83e", "\ude00", "\udfff", "\ud800"];

    private readonly Random _random = new(seed);

    /// <summary>A string of up to so many pieces, most of them short, a few beyond every limit.</summary>
    public string Next(IReadOnlyList<string> pieces, int maxPieces = 6)
    {
        var text = string.Concat(Enumerable.Range(0, _random.Next(maxPieces + 1)).Select(_ => Pick(pieces)));
        return _random.Next(8) == 0 ? text + Filler(pieces) + Pick(pieces) : text;
    }

    public T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    /// <summary>A start of the string, cut anywhere: also in the middle of a surrogate pair.</summary>
    public string Start(string text) => text[.._random.Next(text.Length + 1)];

    /// <summary>Long enough to end within a few bytes of the limit of a stored key, or of its readable part, or beyond both.</summary>
    private string Filler(IReadOnlyList<string> pieces)
    {
        var piece = Pick(pieces.Where(piece => piece is not "\0").ToList());
        var bytes = Pick([940, 950, 960, 1_010, 1_020, 1_030, 2_500]) + _random.Next(10);
        return string.Concat(Enumerable.Repeat(piece, bytes / System.Text.Encoding.UTF8.GetByteCount(piece)));
    }
}
