using System.Text.RegularExpressions;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>How one key is stored.</summary>
public sealed partial class KeySpaceMappingTests
{
    private static readonly KeySpace Unprefixed = new(null);
    private static readonly KeySpace App = new("app");

    [TestCase("user_profile:123")]
    [TestCase("")]
    [TestCase(" ")]
    [TestCase("trailing ")]
    [TestCase("Case")]
    [TestCase("it's 100% \"quoted\" \\ under_score")]
    [TestCase("é")]
    [TestCase("e\u0301")]
    [TestCase("😀")]
    [TestCase("\ud7ff\ue000\uffff")]
    [TestCase("#sha256:short")]
    public void An_ordinary_key_is_stored_as_it_is(string key) => Assert.That(Unprefixed.Map(key).Stored, Is.EqualTo(key));

    [TestCase("user:1", "app^user:1")]
    [TestCase("", "app^")]
    [TestCase("a^b", "app^a^b")]
    public void A_key_of_a_prefixed_space_stands_behind_prefix_and_separator(string key, string stored) =>
        Assert.That(App.Map(key).Stored, Is.EqualTo(stored));

    [TestCase("^", "^^")]
    [TestCase("app^user:1", "^app^user:1")]
    [TestCase("^app^user:1", "^^app^user:1")]
    public void A_key_with_a_separator_of_its_own_cannot_be_taken_for_one_of_another_space(string key, string stored) =>
        Assert.That(Unprefixed.Map(key).Stored, Is.EqualTo(stored));

    [Test]
    public void A_prefix_that_starts_another_does_not_share_its_keys() =>
        Assert.That(App.Map("2x").Stored, Is.Not.EqualTo(new KeySpace("app2").Map("x").Stored));

    [TestCase("before\0after", "before")]
    [TestCase("\0", "")]
    [TestCase(@"lone\ud83d", "lone")]
    [TestCase(@"lone\ude00rest", "lone")]
    [TestCase(@"\ude00\ud83d", "")]
    public void What_text_cannot_hold_is_stored_as_its_readable_start_and_a_hash(string key, string readable)
    {
        var stored = Unprefixed.Map(key.Unescaped()).Stored;

        Assert.That(stored, Does.Match(HashedTail()));
        Assert.That(stored[..^72], Is.EqualTo(readable));
    }

    [Test]
    public void Keys_that_text_cannot_hold_stay_apart()
    {
        string[] keys = ["", "\0", "\0\0", "\ud83d", "\ud83e", "\ude00", "\ud83d\ud83d", "\ude00\ud83d", "\ufffd", "a\0", "a\0b"];

        Assert.That(keys.Select(key => Unprefixed.Map(key).Stored), Is.Unique);
    }

    [Test]
    public void The_hash_is_that_of_the_whole_key_in_UTF_16() =>
        // printf 'a\0\0\0' | sha256sum
        Assert.That(Unprefixed.Map("a\0").Stored, Is.EqualTo("a#sha256:a2d398922901344d08180dc41d3e9d73d8c148c7f6e092835bbb28e02dbcf184"));

    [TestCase("a", 1_024)]
    [TestCase("é", 512)]
    [TestCase("😀", 256)]
    [TestCase("\uffff", 341)]
    public void A_key_of_at_most_1024_bytes_is_stored_as_it_is(string piece, int count)
    {
        var key = Repeat(piece, count);

        Assert.That(Unprefixed.Map(key).Stored, Is.EqualTo(key));
    }

    [TestCase("a", 1_024)]
    [TestCase("é", 512)]
    [TestCase("😀", 256)]
    [TestCase("\uffff", 341)]
    public void A_longer_key_is_stored_as_its_readable_start_and_a_hash(string piece, int count)
    {
        var key = Repeat(piece, count) + "ab";
        var stored = Unprefixed.Map(key).Stored;
        var readable = stored[..^72];

        Assert.That(stored, Does.Match(HashedTail()));
        Assert.That(StoredKeys.IsValid(stored), Is.True);
        Assert.That(key, Does.StartWith(readable).Using(StringComparison.Ordinal));
        Assert.That(StoredKeys.Bytes(readable), Has.Length.InRange(952 - 3, 952));
    }

    [Test]
    public void The_limit_counts_what_leads_the_key()
    {
        var longest = new string('k', 1_024 - "app^".Length);

        Assert.That(App.Map(longest).Stored, Is.EqualTo("app^" + longest));
        Assert.That(App.Map(longest + "k").Stored, Does.StartWith("app^kkk").And.Match(HashedTail()));
        Assert.That(Unprefixed.Map("^" + new string('k', 1_022)).Stored, Has.Length.EqualTo(1_024).And.EndsWith("kkk"));
        Assert.That(Unprefixed.Map("^" + new string('k', 1_023)).Stored, Does.StartWith("^^kkk").And.Match(HashedTail()));
    }

    [Test]
    public void Long_keys_that_share_any_start_stay_apart()
    {
        var shared = new string('k', 19_998);
        string[] keys = [shared, shared + "a", shared + "b", shared + "ab", shared[1..], shared + "\0", shared + "^"];

        Assert.That(keys.Select(key => Unprefixed.Map(key).Stored), Is.Unique);
    }

    [Test]
    public void A_key_that_looks_hashed_is_hashed_itself()
    {
        var stored = Unprefixed.Map("a\0").Stored;
        var again = Unprefixed.Map(stored).Stored;

        Assert.That(again, Does.StartWith(stored).And.Match(HashedTail()));
        Assert.That(again, Is.Not.EqualTo(stored));
    }

    [TestCase("#sha256:" + NastyText.HexDigits64, true)]
    [TestCase("x#sha256:" + NastyText.HexDigits64, true)]
    [TestCase("x#sha256:" + NastyText.HexDigits64 + "0", false)]
    [TestCase("x#SHA256:" + NastyText.HexDigits64, false)]
    [TestCase("x#sha256:0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef", false)]
    [TestCase("x#sha256:" + "0123456789abcdeg0123456789abcdef0123456789abcdef0123456789abcdef", false)]
    public void Only_a_whole_hash_in_lower_case_at_the_end_looks_hashed(string key, bool looksHashed) =>
        Assert.That(Unprefixed.Map(key).Stored == key, Is.Not.EqualTo(looksHashed));

    private static string Repeat(string piece, int count) => string.Concat(Enumerable.Repeat(piece, count));

    [GeneratedRegex(@"#sha256:[0-9a-f]{64}\z")]
    private static partial Regex HashedTail();
}
