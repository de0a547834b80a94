using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Strings in the terms of UTF-8.</summary>
public sealed class KeyTextTests
{
    [TestCase("a", "b")]
    [TestCase("user:", "user;")]
    [TestCase("a\u007f", "a\u0080")]
    [TestCase("a\ud7ff", "a\ue000")]
    [TestCase("a\uffff", "a\U00010000")]
    [TestCase("😀", "😁")]
    [TestCase("a\U0010ffff", "b")]
    [TestCase("a\U0010ffff\U0010ffff", "b")]
    [TestCase("\ud7ff\U0010ffff", "\ue000")]
    public void The_successor_is_the_next_string_that_does_not_start_with_the_prefix(string prefix, string successor) =>
        Assert.That(KeyText.Successor(prefix), Is.EqualTo(successor));

    [TestCase("")]
    [TestCase("\U0010ffff")]
    [TestCase("\U0010ffff\U0010ffff")]
    public void Nothing_comes_after_the_empty_string_or_the_last_character(string prefix) =>
        Assert.That(KeyText.Successor(prefix), Is.Null);

    [TestCase("", true)]
    [TestCase("plain", true)]
    [TestCase("😀", true)]
    [TestCase("a\0", false)]
    [TestCase(@"\ud83d", false)]
    [TestCase(@"\ude00", false)]
    [TestCase(@"\ude00\ud83d", false)]
    [TestCase(@"😀\ud83d", false)]
    public void Text_holds_everything_but_null_characters_and_halves_of_pairs(string text, bool isStorable) =>
        Assert.That(KeyText.IsStorable(text.Unescaped()), Is.EqualTo(isStorable));

    [TestCase("", 0, true)]
    [TestCase("a", 0, false)]
    [TestCase("aaa", 3, true)]
    [TestCase("aaaa", 3, false)]
    [TestCase("é", 2, true)]
    [TestCase("é", 1, false)]
    [TestCase("€", 3, true)]
    [TestCase("€", 2, false)]
    [TestCase("😀", 4, true)]
    [TestCase("😀", 3, false)]
    public void Length_is_counted_in_bytes_of_UTF_8(string text, int bytes, bool fits) =>
        Assert.That(KeyText.FitsIn(text, bytes), Is.EqualTo(fits));

    [TestCase("abc", 2, "ab")]
    [TestCase("aé", 2, "a")]
    [TestCase("a😀b", 4, "a")]
    [TestCase("a😀b", 5, "a😀")]
    [TestCase("a\0b", 9, "a")]
    [TestCase(@"a\ud83d", 9, "a")]
    [TestCase("abc", 0, "")]
    public void A_readable_start_never_ends_within_a_character(string text, int bytes, string start) =>
        Assert.That(KeyText.StorablePrefix(text.Unescaped(), bytes), Is.EqualTo(start));
}
