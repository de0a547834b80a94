using SolidCache.Postgres.Sweeping;

namespace SolidCache.Postgres.Tests.Sweeping;

/// <summary>How much a slice takes, and how long the sweep rests after it.</summary>
public sealed class SweepPaceTests
{
    private const long BlockBytes = 8_192;
    private const double Unlimited = 1e15;

    [Test]
    public void The_first_slice_is_small() => Assert.That(new SweepPace(Unlimited, BlockBytes).Blocks, Is.EqualTo(16));

    [TestCase(0)]
    [TestCase(0.0001)]
    [TestCase(0.5)]
    public void A_quick_slice_at_most_doubles_the_next(double targets)
    {
        var pace = new SweepPace(Unlimited, BlockBytes);

        pace.After(16, SweepPace.Target * targets);

        Assert.That(pace.Blocks, Is.EqualTo(32));
    }

    [Test]
    public void A_slice_that_takes_its_target_is_followed_by_one_like_it()
    {
        var pace = new SweepPace(Unlimited, BlockBytes);

        pace.After(16, SweepPace.Target);

        Assert.That(pace.Blocks, Is.EqualTo(16));
    }

    [TestCase(0.8, 20)]
    [TestCase(2, 8)]
    [TestCase(4, 4)]
    [TestCase(16, 1)]
    public void The_next_slice_is_longer_or_shorter_in_proportion(double targets, int blocks)
    {
        var pace = new SweepPace(Unlimited, BlockBytes);

        pace.After(16, SweepPace.Target * targets);

        Assert.That(pace.Blocks, Is.EqualTo(blocks));
    }

    [Test]
    public void A_slice_takes_at_least_one_block()
    {
        var pace = new SweepPace(Unlimited, BlockBytes);

        pace.After(16, TimeSpan.FromHours(1));
        Assert.That(pace.Blocks, Is.EqualTo(1));

        pace.After(1, TimeSpan.FromTicks(1));
        Assert.That(pace.Blocks, Is.EqualTo(2), "It recovers.");
    }

    [Test]
    public void A_slice_takes_at_most_a_thousand_blocks()
    {
        var pace = new SweepPace(Unlimited, BlockBytes);
        for (var slice = 0; slice < 20; slice++)
        {
            pace.After(pace.Blocks, TimeSpan.FromTicks(1));
        }

        Assert.That(pace.Blocks, Is.EqualTo(1_000));
    }

    [TestCase(100, 10, 90)]
    [TestCase(100, 99, 1)]
    [TestCase(50, 0, 50)]
    public void It_rests_for_what_the_bytes_may_take_beyond_what_they_took(int blocks, int tookMilliseconds, int restMilliseconds)
    {
        var pace = new SweepPace(bytesPerSecond: BlockBytes * 1_000, BlockBytes);

        Assert.That(pace.After(blocks, TimeSpan.FromMilliseconds(tookMilliseconds)), Is.EqualTo(TimeSpan.FromMilliseconds(restMilliseconds)));
    }

    [TestCase(100)]
    [TestCase(5_000)]
    public void It_does_not_rest_when_the_server_is_slower_than_allowed(int tookMilliseconds)
    {
        var pace = new SweepPace(bytesPerSecond: BlockBytes * 1_000, BlockBytes);

        Assert.That(pace.After(100, TimeSpan.FromMilliseconds(tookMilliseconds)), Is.EqualTo(TimeSpan.Zero));
    }
}
