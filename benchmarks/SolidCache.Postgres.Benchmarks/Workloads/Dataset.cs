using System.Globalization;
using System.Text;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>The entries that a round finds and the values that it writes, made beforehand so that the load allocates nothing itself.</summary>
internal sealed class Dataset
{
    private const int Variants = 64;

    public Dataset(KeySpace keySpace, int keys, int valueBytes)
        : this(keySpace, Enumerable.Range(0, keys), valueBytes)
    {
    }

    public Dataset(KeySpace keySpace, IEnumerable<int> numbers, int valueBytes, Func<Random, int, byte[]>? createValue = null)
    {
        KeySpace = keySpace;
        ValueBytes = valueBytes;
        Keys = [.. numbers.Select(number => $"{keySpace.Prefix}{number}")];
        MissingKeys = [.. Keys.Select(key => $"missing:{key}")];
        // Random, so that neither TOAST nor a file system can compress them; seeded, so that every run has the same.
        var random = new Random(valueBytes);
        Profiles = [.. Enumerable.Range(0, Variants).Select(_ => UserProfile.Create(random, valueBytes))];
        Values = [.. Enumerable.Range(0, Variants).Select(_ => (createValue ?? RandomBytes)(random, valueBytes))];
    }

    public KeySpace KeySpace { get; }

    public int ValueBytes { get; }

    public string[] Keys { get; }

    public string[] MissingKeys { get; }

    public byte[][] Values { get; }

    public UserProfile[] Profiles { get; }

    /// <summary>A list in JSON: the names of its properties repeat, its numbers do not.</summary>
    public static byte[] JsonBytes(Random random, int count)
    {
        var text = new StringBuilder();
        while (text.Length < count)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""{"id":{{random.Next()}},"role":"editor","displayName":"User {{random.Next(1_000)}}","enabled":true},""");
        }

        return Encoding.UTF8.GetBytes(text.ToString(0, count));
    }

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
