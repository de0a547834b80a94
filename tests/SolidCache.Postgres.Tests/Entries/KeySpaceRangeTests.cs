using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Removal by prefix and by pattern, held against a model of what the server does with the ranges.</summary>
public sealed class KeySpaceRangeTests
{
    private static readonly KeySpace[] Spaces = [new(null), new("app"), new("app2")];
    private static readonly KeySpace Unprefixed = Spaces[0];
    private static readonly string[] Pieces = [.. NastyText.Storable, .. NastyText.Unstorable];

    [TestCase("", new[] { "", "^" })]
    [TestCase("user:", new[] { "user:" })]
    [TestCase("a^", new[] { "^a^" })]
    public void A_prefix_is_looked_for_behind_everything_that_can_lead_its_keys(string prefix, string[] firstKeys)
    {
        var starts = Unprefixed.StartingWith(prefix).Select(range => range.From).ToArray();

        Assert.That(starts, Is.SupersetOf(firstKeys));
    }

    [Test]
    public void A_prefix_of_a_prefixed_space_is_one_range_behind_its_lead()
    {
        KeyRange[] expected = [new("app^user:", "app^user;", null, false)];

        Assert.That(Spaces[1].StartingWith("user:"), Is.EqualTo(expected));
    }

    [Test]
    public void The_whole_of_a_prefixed_space_ends_where_the_next_one_begins()
    {
        KeyRange[] expected = [new("app^", "app_", null, false)];

        Assert.That(Spaces[1].StartingWith(""), Is.EqualTo(expected));
    }

    [TestCase(11)]
    [TestCase(12)]
    public void Every_key_of_the_space_that_starts_with_the_prefix_is_removed(int seed) =>
        ForPrefixes(seed, (removed, isOwn, starts, _) => !(isOwn && starts) || removed, "is left behind");

    [TestCase(13)]
    [TestCase(14)]
    public void No_key_of_another_space_is_removed_by_prefix(int seed) =>
        ForPrefixes(seed, (removed, isOwn, _, _) => isOwn || !removed, "of another space is removed");

    [TestCase(15)]
    [TestCase(16)]
    public void Of_the_keys_that_are_stored_as_written_none_is_removed_that_does_not_start_with_the_prefix(int seed) =>
        ForPrefixes(seed, (removed, isOwn, starts, isAsWritten) => !(isOwn && isAsWritten && !starts) || !removed, "is removed");

    [TestCase(21)]
    [TestCase(22)]
    public void A_pattern_removes_of_the_keys_that_are_stored_as_written_exactly_those_that_match(int seed) =>
        ForPatterns(seed, (removed, isOwn, matches, isAsWritten) => !(isOwn && isAsWritten) || removed == matches, "is wrongly kept or removed");

    [TestCase(23)]
    [TestCase(24)]
    public void No_key_of_another_space_is_removed_by_pattern(int seed) =>
        ForPatterns(seed, (removed, isOwn, _, _) => isOwn || !removed, "of another space is removed");

    [Test]
    public void A_prefix_that_ends_within_a_surrogate_pair_still_starts_its_keys()
    {
        var ranges = Unprefixed.StartingWith("smile:\ud83d");

        Assert.That(ranges.Holds(Unprefixed.Map("smile:😀").Stored), Is.True);
        Assert.That(ranges.Holds(Unprefixed.Map("smile:😀" + new string('x', 2_000)).Stored), Is.True);
        Assert.That(ranges.Holds(Unprefixed.Map("smile:\ud83d").Stored), Is.True);
    }

    [TestCase(900)]
    [TestCase(948)]
    [TestCase(949)]
    [TestCase(952)]
    [TestCase(953)]
    [TestCase(1_000)]
    [TestCase(1_020)]
    [TestCase(1_021)]
    [TestCase(1_024)]
    [TestCase(2_000)]
    public void It_does_so_at_any_length(int bytes)
    {
        var body = new string('a', bytes);
        var ranges = Unprefixed.StartingWith(body + '\ud83d');

        Assert.That(ranges.Holds(Unprefixed.Map(body + "😀").Stored), Is.True);
        Assert.That(ranges.Holds(Unprefixed.Map(body + "😀" + "and more").Stored), Is.True);
        Assert.That(ranges.Holds(Unprefixed.Map(body + '\ud83d').Stored), Is.True);
    }

    [Test]
    public void A_prefix_that_text_cannot_hold_leaves_keys_alone_that_merely_hold_a_hash_mark() =>
        Assert.That(Unprefixed.StartingWith("user\0").Holds(Unprefixed.Map("user#sha256:fingerprint").Stored), Is.False);

    [TestCase(@"\")]
    [TestCase(@"a\")]
    [TestCase(@"a\\\")]
    [TestCase("a\0")]
    [TestCase(@"\ud83d%")]
    [TestCase(@"%\ude00")]
    public void A_pattern_that_LIKE_would_refuse_is_refused(string pattern) =>
        Assert.That(
            () => Unprefixed.Matching(pattern.Unescaped()),
            Throws.ArgumentException.With.Message.StartsWith(@"A pattern may not end in a lone '\' (write '\\' for a backslash), nor hold U+0000 or lone surrogates."));

    [TestCase(@"user:%", "user:", "user;")]
    [TestCase(@"user\_1_", "user_1", "user_2")]
    [TestCase(@"100\%\\x", @"100%\x", @"100%\y")]
    [TestCase("😀%", "😀", "😁")]
    public void What_stands_before_the_first_wildcard_bounds_the_rows_that_are_read(string pattern, string from, string to)
    {
        var range = Unprefixed.Matching(pattern)[0];

        Assert.That(range, Is.EqualTo(new KeyRange(from, to, pattern, true)));
    }

    [Test]
    public void What_leads_a_key_is_taken_literally_by_a_pattern()
    {
        var space = new KeySpace(@"a_b%c\d");

        Assert.That(space.Matching("x%")[0].Pattern, Is.EqualTo(@"a\_b\%c\\d^x%"));
        Assert.That(space.Matching("x%").Holds(space.Map("x1").Stored), Is.True);
    }

    private static void ForPrefixes(int seed, Func<bool, bool, bool, bool, bool> holds, string otherwise)
    {
        var text = new NastyText(seed);
        string[] keys = [.. Enumerable.Range(0, 300).Select(_ => text.Next(Pieces))];
        var prefixes = Enumerable.Range(0, 100).Select(number => number % 2 == 0 ? text.Start(text.Pick(keys)) : text.Next(Pieces, 2));
        Check(keys, prefixes, (space, prefix) => space.StartingWith(prefix), (key, prefix) => key.StartsWith(prefix, StringComparison.Ordinal), holds, otherwise);
    }

    private static void ForPatterns(int seed, Func<bool, bool, bool, bool, bool> holds, string otherwise)
    {
        var text = new NastyText(seed);
        string[] keys = [.. Enumerable.Range(0, 200).Select(_ => text.Next(Pieces))];
        string[] wild = [.. NastyText.Storable.Where(piece => piece != "\\"), "%", "_", @"\%", @"\_", @"\\", @"\a", @"\😀"];
        var patterns = Enumerable.Range(0, 100).Select(number => number % 4 == 0 ? "%" + text.Next(wild, 3) + "%" : text.Next(wild, 3) + "%");
        Check(keys, patterns, (space, pattern) => space.Matching(pattern), (key, pattern) => RangeInterpreter.Like(key, pattern), holds, otherwise);
    }

    private static void Check(
        string[] keys,
        IEnumerable<string> queries,
        Func<KeySpace, string, IReadOnlyList<KeyRange>> rangesOf,
        Func<string, string, bool> matches,
        Func<bool, bool, bool, bool, bool> holds,
        string otherwise)
    {
        var table = Spaces.SelectMany(owner => keys.Select(key => (Owner: owner, Key: key, owner.Map(key).Stored))).ToList();
        foreach (var query in queries)
        {
            foreach (var space in Spaces)
            {
                var ranges = rangesOf(space, query);
                foreach (var (owner, key, stored) in table)
                {
                    var isAsWritten = StoredKeys.IsAsWritten(key, stored);
                    if (!holds(ranges.Holds(stored), owner == space, matches(key, query), isAsWritten))
                    {
                        Assert.Fail($"The key {key.Escaped()}, stored as {stored.Escaped()}, {otherwise} when {query.Escaped()} is asked for in the space of '{space.Map("").Stored}'.");
                    }
                }
            }
        }
    }
}
