using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>How far apart batches leave for a distant server, on eight lanes.</summary>
public sealed class PaceTests
{
    private const int Lanes = 8;
    private readonly CallClock _clock = AwayDatabase.Clock();

    [Test]
    public void At_once_while_half_of_the_lanes_are_there([Range(1, 4)] int busy) =>
        Assert.That(Paced(roundTrip: 4_000, rows: 1).IsDue(At(0), busy, Lanes), Is.True);

    [TestCase(5, 125)]
    [TestCase(6, 250)]
    [TestCase(7, 375)]
    public void The_further_apart_the_fewer_are_left(int busy, double microseconds)
    {
        var pace = Paced(roundTrip: 4_000, rows: 1);
        Assert.That((pace.IsDue(At(microseconds - 1), busy, Lanes), pace.IsDue(At(microseconds), busy, Lanes)), Is.EqualTo((false, true)));
    }

    [TestCase(4_000, 500)]
    [TestCase(1_000, 125)]
    [TestCase(400, 100, Description = "Never more often than a processor of the server could do.")]
    public void As_evenly_as_lanes_come_back_when_many_calls_travel_in_each(double roundTrip, double microseconds)
    {
        var pace = Paced(roundTrip, rows: 20);
        Assert.That((pace.IsDue(At(microseconds - 1), busy: 1, Lanes), pace.IsDue(At(microseconds), busy: 1, Lanes)), Is.EqualTo((false, true)));
    }

    [Test]
    public void One_slow_batch_does_not_slow_the_others()
    {
        var pace = Paced(roundTrip: 1_000, rows: 20);
        pace.CameBack(TimeSpan.FromSeconds(1));
        Assert.That(pace.IsDue(At(125), busy: 1, Lanes), Is.True);
    }

    /// <summary>Processors, and not the network, are what they wait for.</summary>
    [Test]
    public void Further_apart_where_batches_take_longer_than_they_need_to()
    {
        var pace = Paced(roundTrip: 1_000, rows: 1);
        for (var batch = 0; batch < 16; batch++)
        {
            pace.CameBack(TimeSpan.FromMicroseconds(2_500));
        }

        // Twice what is usual: every lane is out for as long as two would be, and twice as far apart.
        Assert.That((pace.IsDue(At(624), busy: 1, Lanes), pace.IsDue(At(625), busy: 1, Lanes)), Is.EqualTo((false, true)));
    }

    /// <summary>A last batch has left at 0.</summary>
    private Pace Paced(double roundTrip, int rows)
    {
        var pace = new Pace(_clock, TimeSpan.FromMicroseconds(100));
        for (var batch = 0; batch < 100; batch++)
        {
            pace.CameBack(TimeSpan.FromMicroseconds(roundTrip));
            pace.Left(At(0), rows);
        }

        return pace;
    }

    private static long At(double microseconds) => (long)(microseconds * TimeProvider.System.TimestampFrequency / 1e6);
}
