using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Lanes to a server that is far: others leave while the first are away.</summary>
public sealed class LanesAtADistanceTests
{
    private const int Own = 2;
    private const int Spares = 4;
    private const int Most = Own + Spares;
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(1);

    [Test]
    public void A_call_does_not_wait_for_what_is_under_way([Values] bool isFar)
    {
        var test = NewLanes(isFar ? NewDistance() : new Distance(Spares));
        test.Add(1);
        test[0].NextBatch();

        test.Add(2);

        Assert.That((test.Made, test.Queue.Count), Is.EqualTo(isFar ? (2, 0) : (1, 1)));
        Finish(test);
    }

    [Test]
    public void More_leave_than_the_lanes_own_and_no_more_than_there_are_spare()
    {
        var test = NewLanes(NewDistance());
        AddMany(test, 3 * Most);

        Assert.That((test.Made, test.Queue.Count), Is.EqualTo((Most, 2 * Most)));
        Finish(test);
    }

    [Test]
    public void What_is_spare_is_shared_and_what_is_a_queues_own_is_not()
    {
        var distance = NewDistance();
        var (reads, writes) = (NewLanes(distance), NewLanes(distance));
        AddMany(reads, Most);
        AddMany(writes, Most);

        Assert.That((reads.Made, writes.Made), Is.EqualTo((Most, Own)));
        Finish(reads);
        Finish(writes);
    }

    [Test]
    public void Spare_ones_end_when_they_have_nothing_to_do()
    {
        var distance = NewDistance();
        var test = NewLanes(distance);
        AddMany(test, Most);
        Assert.That(distance.TryTakeSpare(), Is.False);
        for (var lane = 0; lane < Most; lane++)
        {
            test[lane].NextBatch();
        }

        test.Time.Advance(RoundTrip);
        Finish(test);

        for (var spare = 0; spare < Spares; spare++)
        {
            Assert.That(distance.TryTakeSpare, Is.True.After(10_000, 1));
        }

        Assert.That(distance.TryTakeSpare(), Is.False, "Each was given back once.");
    }

    [Test]
    public void All_that_hang_are_given_up_and_those_replaced_that_are_the_lanes_own()
    {
        var test = NewLanes(NewDistance(), executors: Most + Own);
        AddMany(test, Most);
        for (var lane = 0; lane < Most; lane++)
        {
            test[lane].NextBatch();
        }

        test.LookAfter(milliseconds: 5_151);

        Assert.That(Enumerable.Range(0, Most).Sum(lane => test[lane].GivenUp.Count), Is.EqualTo(Most));
        AddMany(test, Most);
        Assert.That(test.Made, Is.EqualTo(Most + Own), "What is spare hangs.");
        Finish(test);
    }

    [Test]
    public void The_end_waits_for_all()
    {
        var test = NewLanes(NewDistance());
        AddMany(test, 2 * Most);
        var end = OwnThread.RunAsync("end", () => test.Lanes.End(TimeSpan.FromSeconds(60)));
        Assert.That(end.IsCompleted, Is.False);

        Finish(test);

        Assert.That(end.Result, Is.True);
        Assert.That((test.Queue.Count, test.Failures), Is.EqualTo((0, Array.Empty<Exception>())));
    }

    [Test]
    public void One_that_is_back_takes_what_comes_with_those_whom_it_has_answered()
    {
        var (queue, time) = (new NumberQueue(maxBatch: 1_000), new FakeTimeProvider());
        var lanes = new LaneSet<int>(
            queue, Own, NewDistance(), static isSpare => new Lane<int>(new GatedExecutor(), static _ => { }, isSpare), AwayDatabase.Clock(time));
        queue.Add(1);
        var first = lanes.Another()!;
        Assert.That(lanes.ShouldAnotherLeave(), Is.True);

        lanes.ComesBack(first, RoundTrip);
        Assert.That(lanes.ShouldAnotherLeave(), Is.False, "It is about to.");
        Assert.That(lanes.ShouldAnotherLeave(but: first), Is.True);

        lanes.FallsAsleep(first);
        Assert.That(lanes.ShouldAnotherLeave(), Is.True, "It has found nothing.");
    }

    /// <summary>Sixth parts of what a batch usually takes, over six.</summary>
    [Test]
    public void The_more_are_away_the_longer_after_the_last_does_the_next_leave()
    {
        var (queue, time) = (new NumberQueue(maxBatch: 1_000), new FakeTimeProvider());
        var lanes = new LaneSet<int>(
            queue, Own, NewDistance(), static isSpare => new Lane<int>(new GatedExecutor(), static _ => { }, isSpare), AwayDatabase.Clock(time));
        queue.Add(0);
        var first = lanes.Another()!;
        for (var batch = 0; batch < 200; batch++)
        {
            lanes.ComesBack(first, TimeSpan.FromMilliseconds(36));
        }

        first.Batch.Clear();
        queue.Add(0);
        first.TakesBatch(queue, time.GetTimestamp());
        for (var away = 1; away < Most; away++)
        {
            time.Advance(TimeSpan.FromMilliseconds(away - 0.5));
            Assert.That(lanes.ShouldAnotherLeave(), Is.False, $"{away} are away, and the last left a moment ago.");
            time.Advance(TimeSpan.FromMilliseconds(0.5));
            Assert.That(lanes.ShouldAnotherLeave(), Is.True, $"{away} are away.");
            queue.Add(0);
            Assert.That(lanes.Another(), Is.Not.Null);
        }
    }

    private static Distance NewDistance()
    {
        var distance = new Distance(Spares);
        for (var batch = 0; batch < Distance.Batches; batch++)
        {
            distance.Saw(RoundTrip, 1);
        }

        return distance;
    }

    private static LanesUnderTest NewLanes(Distance distance, int executors = Most) => new(most: Own, places: executors, distance: distance);

    /// <summary>Apart by more than what any lane waits for.</summary>
    private static void AddMany(LanesUnderTest test, int count)
    {
        for (; count > 0; count--)
        {
            test.Add(count);
            test.Time.Advance(TimeSpan.FromMicroseconds(201));
        }
    }

    private static void Finish(LanesUnderTest test)
    {
        for (var end = 0; end < 10 * Most; end++)
        {
            test[end % test.Made].Finish();
        }
    }
}
