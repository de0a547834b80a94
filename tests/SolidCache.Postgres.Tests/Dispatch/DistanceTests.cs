using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>When the server counts as far, and how many lanes there are for it.</summary>
public sealed class DistanceTests
{
    private const int Batches = Distance.Batches;
    private static readonly TimeSpan Far = TimeSpan.FromMilliseconds(1);

    [Test]
    public void Nobody_knows_of_a_distance_at_first() => Assert.That(new Distance(4).IsFar, Is.False);

    [TestCase(301, true)]
    [TestCase(300, false)]
    public void A_server_is_far_whose_small_batches_take_three_times_what_they_cost(double microseconds, bool isFar)
    {
        var distance = new Distance(4);
        See(distance, Batches, TimeSpan.FromMicroseconds(microseconds), rows: 4);
        Assert.That(distance.IsFar, Is.EqualTo(isFar));
    }

    [Test]
    public void Large_batches_tell_nothing([Values] bool isFar)
    {
        var distance = new Distance(4);
        See(distance, Batches, isFar ? Far : Far / 10);
        See(distance, 10 * Batches, isFar ? Far / 10 : 10 * Far, rows: 5);
        Assert.That(distance.IsFar, Is.EqualTo(isFar));
    }

    [Test]
    public void As_many_batches_as_that_must_agree()
    {
        var distance = new Distance(4);
        See(distance, Batches - 1, Far);
        Assert.That(distance.IsFar, Is.False);

        See(distance, 1, Far);
        Assert.That(distance.IsFar, Is.True);
    }

    [Test]
    public void One_quick_answer_brings_it_near_for_as_many()
    {
        var distance = new Distance(4);
        See(distance, Batches, Far);

        See(distance, 1, TimeSpan.FromMicroseconds(50));
        Assert.That(distance.IsFar, Is.False);

        See(distance, Batches, Far);
        Assert.That(distance.IsFar, Is.False, "It is among the last.");
        See(distance, Batches, Far);
        Assert.That(distance.IsFar, Is.True);
    }

    [Test]
    public void Where_no_lanes_are_spare_no_server_is_far()
    {
        var distance = new Distance(0);
        See(distance, Batches, Far);
        Assert.That((distance.IsFar, distance.TryTakeSpare()), Is.EqualTo((false, false)));
    }

    [Test]
    public void What_is_spare_is_taken_and_returned()
    {
        var distance = new Distance(1);
        Assert.That(distance.TryTakeSpare(), Is.False, "It is near.");
        See(distance, Batches, Far);

        Assert.That((distance.TryTakeSpare(), distance.TryTakeSpare()), Is.EqualTo((true, false)));
        distance.ReturnSpare();
        Assert.That(distance.TryTakeSpare(), Is.True);
    }

    [TestCase(2, 2, 100, 4)]
    [TestCase(2, 2, 13, 3)]
    [TestCase(2, 2, 10, 0)]
    [TestCase(2, 2, 1, 0)]
    [TestCase(8, 8, 100, 4)]
    [TestCase(1, 2, 100, 0)]
    [TestCase(2, 1, 100, 0)]
    [TestCase(2, 2, 17, 4, true)]
    [TestCase(2, 2, 14, 1, true)]
    [TestCase(2, 2, 13, 0, true)]
    public void Nobody_gets_more_connections_than_the_pool_has_or_than_one(int reads, int writes, int pool, int spares, bool isToldChanges = false) =>
        Assert.That(Distance.SparesOf(reads, writes, pool, isToldChanges), Is.EqualTo(spares));

    private static void See(Distance distance, int times, TimeSpan took, int rows = 1)
    {
        for (; times > 0; times--)
        {
            distance.Saw(took, rows);
        }
    }
}
