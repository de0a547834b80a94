using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>When the server counts as far.</summary>
public sealed class DistanceTests
{
    private const int Batches = 64;

    [Test]
    public void Nobody_knows_of_a_distance_at_first() => Assert.That(new Distance().IsFar, Is.False);

    [TestCase(1, 225, true, TestName = "A single row after more than twice what it costs")]
    [TestCase(1, 224, false, TestName = "A single row after less")]
    [TestCase(64, 1_800, true, TestName = "Many rows after more than twice what they cost")]
    [TestCase(64, 1_799, false, TestName = "Many rows after less")]
    [TestCase(128, 4_000, true, TestName = "A full batch from 4 ms away")]
    public void A_server_is_far_whose_batches_take_more_than_twice_what_they_ask_for(int rows, double microseconds, bool isFar)
    {
        var distance = new Distance();
        See(distance, Batches, microseconds, rows);
        Assert.That(distance.IsFar, Is.EqualTo(isFar));
    }

    [Test]
    public void As_many_batches_as_that_must_agree()
    {
        var distance = new Distance();
        See(distance, Batches - 1, microseconds: 1_000);
        Assert.That(distance.IsFar, Is.False);

        See(distance, 1, microseconds: 1_000);
        Assert.That(distance.IsFar, Is.True);
    }

    [Test]
    public void One_quick_answer_brings_it_near()
    {
        var distance = new Distance();
        See(distance, Batches, microseconds: 1_000);

        See(distance, 1, microseconds: 50);
        Assert.That(distance.IsFar, Is.False);

        See(distance, Batches - 1, microseconds: 1_000);
        Assert.That(distance.IsFar, Is.False, "It is among the last.");
        See(distance, 1, microseconds: 1_000);
        Assert.That(distance.IsFar, Is.True);
    }

    [Test]
    public void What_may_have_waited_for_a_disk_or_a_lock_tells_nothing()
    {
        var distance = new Distance();
        See(distance, 10 * Batches, microseconds: 5_000, rows: 0);
        Assert.That(distance.IsFar, Is.False);
    }

    private static void See(Distance distance, int times, double microseconds, int rows = 1)
    {
        for (; times > 0; times--)
        {
            distance.Saw(TimeSpan.FromMicroseconds(microseconds), rows);
        }
    }
}
