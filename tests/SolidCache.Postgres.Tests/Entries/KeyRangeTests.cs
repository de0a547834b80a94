using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Entries;

/// <summary>Which keys a range may hold, in the order of the server.</summary>
public sealed class KeyRangeTests
{
    private static readonly string[] Others = ["app^user", "app^users;", "apq^users:1", "users:1"];

    [TestCase("b", "c", "b", true)]
    [TestCase("b", "c", "b\uFFFF", true)]
    [TestCase("b", "c", "c", false)]
    [TestCase("b", "c", "a\uFFFF", false)]
    [TestCase("b", "c", "B", false)]
    [TestCase("b", null, "\uD83D\uDE00", true)]
    [TestCase("b", null, "", false)]
    [TestCase("", null, "", true)]
    [TestCase("b", "b", "b", false)]
    public void The_first_bound_is_in_the_range_and_the_last_is_not(string from, string? to, string key, bool mayHold) =>
        Assert.That(new KeyRange(from, to, Pattern: null, SkipsPrefixed: false).MayHold(key), Is.EqualTo(mayHold));

    [TestCase("\uFFFD", null, "\uD83D\uDE00", true)]
    [TestCase("\uD83D\uDE00", null, "\uFFFD", false)]
    [TestCase("a", "\uD83D\uDE00", "\uFFFD", true)]
    public void The_order_is_that_of_the_bytes_and_not_of_the_characters(string from, string? to, string key, bool mayHold) =>
        Assert.That(new KeyRange(from, to, Pattern: null, SkipsPrefixed: false).MayHold(key), Is.EqualTo(mayHold));

    [Test]
    public void A_key_between_the_bounds_may_be_there_whatever_the_pattern() =>
        Assert.That(new KeyRange("a", "b", Pattern: "a%z", SkipsPrefixed: true).MayHold("a^b"), Is.True);

    [Test]
    public void A_key_of_a_prefix_is_in_its_range_and_those_of_others_are_not()
    {
        var ranges = new KeySpace("app").StartingWith("users:");

        Assert.That(MayHold(new KeySpace("app").Map("users:1").Stored), Is.True);
        Assert.That(Others.Select(MayHold), Is.All.False);

        bool MayHold(string key) => ranges.Any(range => range.MayHold(key));
    }
}
