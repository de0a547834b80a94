using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Which prefixes can separate the keys of applications that share a table.</summary>
public sealed class KeySpacePrefixTests
{
    [TestCase("a")]
    [TestCase(" ")]
    [TestCase("My App/1 100%_\\'\"")]
    [TestCase("😀")]
    [TestCase("#sha256:")]
    public void Any_storable_text_without_the_separator_is_a_prefix(string prefix) =>
        Assert.That(new KeySpace(prefix).Map("k").Stored, Is.EqualTo(prefix + "^k"));

    [TestCase("")]
    [TestCase("^")]
    [TestCase("a^b")]
    [TestCase("a\0")]
    [TestCase(@"a\ud83d")]
    [TestCase(@"\ude00a")]
    public void Other_text_is_refused(string prefix) =>
        Assert.That(
            () => new KeySpace(prefix.Unescaped()),
            Throws.ArgumentException.With.Message.StartsWith(
                $"'{prefix.Unescaped()}' is not a key prefix: it must have 1 to 128 bytes of UTF-8, without '^', U+0000 and lone surrogates."));

    [TestCase("a", 128)]
    [TestCase("é", 64)]
    [TestCase("😀", 32)]
    public void A_prefix_has_at_most_128_bytes(string piece, int count)
    {
        var longest = string.Concat(Enumerable.Repeat(piece, count));

        Assert.That(new KeySpace(longest).Map("k").Stored, Is.EqualTo(longest + "^k"));
        Assert.That(() => new KeySpace(longest + "a"), Throws.ArgumentException);
    }

    [TestCase("solid_cache_lock")]
    [TestCase("shop.solid_cache_lock")]
    public void The_place_of_locks_is_no_prefix_of_keys(string prefix) =>
        Assert.That(() => new KeySpace(prefix), Throws.ArgumentException.With.Message.Contains("locks have their rows under that name"));
}
