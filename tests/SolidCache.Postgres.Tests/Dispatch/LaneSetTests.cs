using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Which lanes go, without the threads that do.</summary>
public sealed class LaneSetTests
{
    private const int Most = 8;
    private const int Own = 2;
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(1);
    private readonly FakeTimeProvider _time = new();
    private readonly NumberQueue _queue = new(maxBatch: 1_000);
    private readonly SpareLanes _spares = new(Most);

    [Test]
    public void One_that_is_back_takes_what_comes_with_those_whom_it_has_answered()
    {
        var lanes = NewSet();
        var first = Next(lanes);
        Assert.That(lanes.ShouldAnotherLeave(), Is.True);

        lanes.CameBack(first, RoundTrip);
        Assert.That(lanes.ShouldAnotherLeave(), Is.False, "It is about to.");

        _queue.Add(2);
        Assert.That((lanes.ShouldAnotherLeave(but: first), lanes.TakesBatch(Emptied(first)), lanes.ShouldAnotherLeave()), Is.EqualTo((true, true, true)));
    }

    [Test]
    public void One_that_is_back_and_finds_nothing_holds_up_nobody()
    {
        var lanes = NewSet();
        var (first, _) = (Next(lanes), Next(lanes));
        lanes.CameBack(first, RoundTrip);
        lanes.FallsAsleep(first);
        Assert.That(lanes.ShouldAnotherLeave(), Is.True);
    }

    [Test]
    public void A_spare_place_that_is_too_many_is_not_used_again()
    {
        var lanes = NewSet();
        var all = Enumerable.Range(0, Most).Select(_ => Next(lanes)).ToArray();
        _spares.Reserve(Own);

        Assert.That(all.Where(GoesOn), Is.EqualTo(all[..Own]));

        bool GoesOn(Lane<int> lane)
        {
            _queue.Add(1);
            return lanes.TakesBatch(Emptied(lane));
        }
    }

    [Test]
    public void Nor_is_it_needed_where_an_own_one_is_free()
    {
        var lanes = NewSet();
        var all = Enumerable.Range(0, Most).Select(_ => Next(lanes)).ToArray();
        _spares.Reserve(Own);
        lanes.FallsAsleep(all[0]);
        lanes.Rested(all[0]);
        _queue.Add(1);

        Assert.That((lanes.TakesBatch(Emptied(all[^1])), all[^1].Place), Is.EqualTo((true, LanePlace.Own)));
    }

    private static Lane<int> Emptied(Lane<int> lane)
    {
        lane.Batch.Clear();
        return lane;
    }

    private LaneSet<int> NewSet()
    {
        var distance = new Distance();
        for (var batch = 0; batch < 64; batch++)
        {
            distance.Saw(RoundTrip, 1);
        }

        return new LaneSet<int>(_queue, Own, _spares, distance, static () => new Lane<int>(new GatedExecutor(), static _ => { }), AwayDatabase.Clock(_time));
    }

    private Lane<int> Next(LaneSet<int> lanes)
    {
        _queue.Add(1);
        _time.Advance(TimeSpan.FromMicroseconds(200));
        return lanes.Another()!;
    }
}
