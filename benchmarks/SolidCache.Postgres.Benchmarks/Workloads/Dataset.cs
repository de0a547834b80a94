namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>The entries that a round finds and the values that it writes, made beforehand so that the load allocates nothing itself.</summary>
internal sealed class Dataset
{
    private const int Variants = 64;

    public Dataset(KeySpace keySpace, int keys, int valueBytes)
        : this(keySpace, Enumerable.Range(0, keys), valueBytes)
    {
    }

    public Dataset(KeySpace keySpace, IEnumerable<int> numbers, int valueBytes)
    {
        KeySpace = keySpace;
        ValueBytes = valueBytes;
        Keys = [.. numbers.Select(number => $"{keySpace.Prefix}{number}")];
        MissingKeys = [.. Keys.Select(key => $"missing:{key}")];
        // Random, so that neither TOAST nor a file system can compress them; seeded, so that every run has the same.
        var random = new Random(valueBytes);
        Profiles = [.. Enumerable.Range(0, Variants).Select(_ => UserProfile.Create(random, valueBytes))];
        Values = [.. Enumerable.Range(0, Variants).Select(_ => RandomBytes(random, valueBytes))];
    }

    public KeySpace KeySpace { get; }

    public int ValueBytes { get; }

    public string[] Keys { get; }

    public string[] MissingKeys { get; }

    public byte[][] Values { get; }

    public UserProfile[] Profiles { get; }

    private static byte[] RandomBytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
