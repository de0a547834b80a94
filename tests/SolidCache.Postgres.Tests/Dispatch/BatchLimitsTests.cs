using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>What fits into a batch, and what may wait.</summary>
public sealed class BatchLimitsTests
{
    private static readonly BatchLimits Limits = Requests.Small;

    [TestCase(0, 0, 0, true, Description = "Anything joins an empty batch")]
    [TestCase(0, 0, 49, true)]
    [TestCase(0, 0, 50, true)]
    [TestCase(0, 0, 5_000, true)]
    [TestCase(1, 0, 49, true)]
    [TestCase(1, 0, 50, false)]
    [TestCase(3, 0, 0, true)]
    [TestCase(4, 0, 0, false)]
    [TestCase(1, 60, 40, true)]
    [TestCase(1, 61, 40, false)]
    [TestCase(1, 100, 0, true)]
    [TestCase(1, 101, 0, false)]
    [TestCase(1, long.MaxValue / 2, 40, false)]
    public void A_value_joins_up_to_each_limit(int entries, long bytes, int valueBytes, bool fits) =>
        Assert.That(
            (Limits.Fits(entries, bytes, valueBytes), Limits.Fits(entries, bytes, valueBytes)),
            Is.EqualTo((fits, fits)));

    [TestCase(9, 500)]
    [TestCase(0, 0)]
    public void Up_to_the_limits_nobody_is_refused(int waiting, long bytes) =>
        Assert.That(() => Limits.RefuseWhenFull(waiting, bytes, AwayDatabase.Table), Throws.Nothing);

    [TestCase(10, 0)]
    [TestCase(9, 501)]
    public void What_is_too_much_is_refused_with_the_table_and_the_numbers(int waiting, long bytes) =>
        Assert.That(
            () => Limits.RefuseWhenFull(waiting, bytes, AwayDatabase.Table),
            Throws.TypeOf<SolidCacheException>()
                .With.Message.Contains("public.solid_cache_entries").And.Message.Contains($"{waiting} calls").And.Message.Contains($"{bytes} bytes"));

    [Test]
    public void The_largest_value_that_the_options_allow_is_not_refused_when_nothing_else_waits() =>
        Assert.That(() => BatchLimits.Default.RefuseWhenFull(0, 500_000_000, AwayDatabase.Table), Throws.Nothing);
}
