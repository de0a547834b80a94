using SolidCache.Postgres.Sweeping;

namespace SolidCache.Postgres.Tests.Sweeping;

/// <summary>When the next sweep is due.</summary>
public sealed class SweepScheduleTests
{
    [TestCase(0, 54)]
    [TestCase(0.25, 57)]
    [TestCase(0.5, 60)]
    [TestCase(1, 66)]
    public void It_is_due_after_the_interval_give_or_take_a_tenth(double chance, double minutes) =>
        Assert.That(SweepSchedule.Next(TimeSpan.FromHours(1), chance), Is.EqualTo(TimeSpan.FromMinutes(minutes)).Within(TimeSpan.FromMilliseconds(1)));

    [Test]
    public void The_longest_interval_can_be_waited_for() =>
        Assert.That(SweepSchedule.Next(TimeSpan.FromDays(30), 1).TotalMilliseconds, Is.LessThan(uint.MaxValue - 1));
}
