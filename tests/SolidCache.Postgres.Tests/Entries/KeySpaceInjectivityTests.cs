using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>No two keys ever share a row, whatever they are made of and whichever prefix they belong to.</summary>
public sealed class KeySpaceInjectivityTests
{
    private const int Trials = 20_000;
    private static readonly (string? Prefix, KeySpace Keys)[] Spaces = [(null, new(null)), ("app", new("app")), ("app2", new("app2"))];

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void No_two_keys_of_any_space_share_a_stored_key(int seed)
    {
        var owners = new Dictionary<string, (string? Prefix, string Key)>(StringComparer.Ordinal);
        var text = new NastyText(seed);
        string[] pieces = [.. NastyText.Storable, .. NastyText.Unstorable];
        List<string> seen = [""];

        for (var trial = 0; trial < Trials; trial++)
        {
            // Every third key is made of one that is stored already: the mapping's own output is what it is most easily taken in by.
            var key = trial % 3 == 0 ? text.Pick(["", "^", "app^", "a", "\0"]) + text.Pick(seen) : text.Next(pieces);
            foreach (var (prefix, keys) in Spaces)
            {
                var stored = keys.Map(key).Stored;
                if (!StoredKeys.IsValid(stored))
                {
                    Assert.Fail($"{key.Escaped()} is stored as {stored.Escaped()}, which PostgreSQL refuses or cannot index.");
                }

                if (!owners.TryAdd(stored, (prefix, key)) && owners[stored] != (prefix, key))
                {
                    Assert.Fail($"{key.Escaped()} under '{prefix}' meets {owners[stored].Key.Escaped()} under '{owners[stored].Prefix}': {stored.Escaped()}");
                }

                seen.Add(stored);
            }
        }

        Assert.That(owners, Has.Count.GreaterThan(Trials));
    }
}
