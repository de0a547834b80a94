using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>What applications keep in a cache, made of words, numbers and identifiers: as much of it repeats as does in theirs, and no more.</summary>
internal static class Contents
{
    private const int WordCount = 2_000;
    private static readonly string[] Words = MakeWords();

    public static readonly (string Name, Func<Random, int, byte[]> Create)[] All =
    [
        ("JSON", Json), ("HTML", Html), ("protobuf", Protobuf), ("random", Random),
    ];

    /// <summary>Orders, as an API answers with them.</summary>
    public static byte[] Json(Random random, int count) => Text(
        count,
        text => text.Append(
            CultureInfo.InvariantCulture,
            $$"""
            {"id":"{{Id(random)}}","number":{{random.Next(1_000_000)}},"createdAt":"2026-{{random.Next(1, 13):D2}}-{{random.Next(1, 29):D2}}T{{random.Next(24):D2}}:{{random.Next(60):D2}}:{{random.Next(60):D2}}Z","customer":{"name":"{{Word(random)}} {{Word(random)}}","email":"{{Word(random)}}.{{random.Next(1_000)}}@example.com"},"total":{{random.Next(100_000) / 100.0}},"status":"{{(random.Next(4) == 0 ? "shipped" : "open")}}","note":"{{Sentence(random, 8)}}"},
            """));

    /// <summary>A page with a list.</summary>
    public static byte[] Html(Random random, int count) => Text(
        count,
        text => text.Append(
            CultureInfo.InvariantCulture,
            $"""
            <li class="product-card product-card--{(random.Next(3) == 0 ? "sale" : "regular")}" data-id="{random.Next(1_000_000)}">
              <a href="/products/{Word(random)}-{Word(random)}-{random.Next(10_000)}"><img loading="lazy" src="/images/{Id(random)}.webp" alt="{Sentence(random, 3)}"></a>
              <p class="product-card__text">{Sentence(random, 14)}</p><span class="price">{random.Next(100_000) / 100.0} €</span>
            </li>

            """));

    /// <summary>Messages of a number, an identifier of sixteen bytes, a time, two words and a price; names of fields, which JSON repeats, are not there.</summary>
    public static byte[] Protobuf(Random random, int count)
    {
        var bytes = new List<byte>(count + 128);
        var field = new byte[16];
        while (bytes.Count < count)
        {
            bytes.AddRange([0x08, (byte)(random.Next(128) | 128), (byte)(random.Next(128) | 128), (byte)random.Next(16), 0x12, 16]);
            random.NextBytes(field);
            bytes.AddRange(field);
            BinaryPrimitives.WriteInt64LittleEndian(field, 1_790_000_000_000 + random.Next());
            bytes.AddRange([0x19, .. field[..8]]);
            foreach (var (tag, text) in ((byte, string)[])[(0x22, $"{Word(random)} {Word(random)}"), (0x2A, Sentence(random, 4))])
            {
                bytes.AddRange([tag, (byte)text.Length, .. Encoding.ASCII.GetBytes(text)]);
            }

            BinaryPrimitives.WriteDoubleLittleEndian(field, random.Next(100_000) / 100.0);
            bytes.AddRange([0x31, .. field[..8]]);
        }

        return [.. bytes.Take(count)];
    }

    public static byte[] Random(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Text(int count, Action<StringBuilder> append)
    {
        var text = new StringBuilder();
        while (text.Length < count)
        {
            append(text);
        }

        return [.. Encoding.UTF8.GetBytes(text.ToString()).Take(count)];
    }

    /// <summary>Some words are said more often than others.</summary>
    private static string Word(Random random) => Words[(int)(WordCount * Math.Pow(random.NextDouble(), 3))];

    private static string Sentence(Random random, int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => Word(random)));

    private static string Id(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    private static string[] MakeWords()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, WordCount).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"{"bdfgklmnprstvz"[random.Next(14)]}{"aeiou"[random.Next(5)]}")))];
    }
}
