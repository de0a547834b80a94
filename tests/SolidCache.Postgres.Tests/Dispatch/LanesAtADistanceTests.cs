using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Lanes to a server that is far: others leave while the first are away.</summary>
public sealed class LanesAtADistanceTests
{
    private const int Most = 8;
    private const int Own = 2;
    private static readonly TimeSpan RoundTrip = TimeSpan.FromMilliseconds(1);

    [Test]
    public void A_call_does_not_wait_for_what_is_under_way([Values] bool isFar)
    {
        var test = NewLanes(isFar);
        test.Add(1);
        test[0].NextBatch();

        test.Add(2);

        Assert.That((test.Made, test.Queue.Count), Is.EqualTo(isFar ? (2, 0) : (1, 1)));
        Finish(test);
    }

    [Test]
    public void More_leave_than_the_lanes_own_and_no_more_than_there_are_spare()
    {
        var test = NewLanes();
        AddMany(test, 3 * Most);

        Assert.That((test.Made, test.Queue.Count), Is.EqualTo((Most, 2 * Most)));
        Finish(test);
    }

    [Test]
    public void What_another_queue_uses_of_its_own_is_left_to_it()
    {
        var spares = new SpareLanes(Most);
        var (reads, writes) = (NewLanes(spares: spares), NewLanes(spares: spares));
        writes.Add(1);
        writes[0].NextBatch();

        AddMany(reads, 3 * Most);
        writes.Add(2);

        Assert.That((reads.Made, writes.Made), Is.EqualTo((Most - Own, Own)));
        Finish(reads);
        Finish(writes);
    }

    [Test]
    public void A_queue_has_its_own_also_when_another_has_all_and_gets_no_more_of_them_then()
    {
        var spares = new SpareLanes(Most);
        var (reads, writes) = (NewLanes(spares: spares), NewLanes(spares: spares));
        AddMany(reads, Most);
        AddMany(writes, Most);

        Assert.That((reads.Made, writes.Made, spares.AreTooMany), Is.EqualTo((Most, Own, true)));
        Finish(reads);
        Finish(writes);
    }

    [Test]
    public void Spare_connections_are_given_back()
    {
        var spares = new SpareLanes(Most);
        var test = NewLanes(spares: spares);
        AddMany(test, Most);
        Assert.That(spares.Free, Is.Zero);

        for (var lane = 0; lane < Most; lane++)
        {
            test[lane].NextBatch();
            test[lane].Finish();
            test[lane].WaitForRest();
        }

        Assert.That(() => spares.Free, Is.EqualTo(Most).After(10_000, 1));
    }

    [Test]
    public void As_many_that_hang_are_given_up_as_there_are()
    {
        var test = NewLanes(executors: Most + Own);
        AddMany(test, Most);

        test.LookAfter(milliseconds: 5_151);

        Assert.That(Enumerable.Range(0, Most).Sum(lane => test[lane].GivenUp.Count), Is.EqualTo(Most));
        AddMany(test, Most);
        Assert.That(test.Made, Is.EqualTo(Most + Own), "What is spare hangs.");
        Finish(test);
    }

    [Test]
    public void The_end_waits_for_all()
    {
        var test = NewLanes();
        AddMany(test, 2 * Most);
        var end = OwnThread.RunAsync("end", () => test.Lanes.End(TimeSpan.FromSeconds(60)));
        Assert.That(end.IsCompleted, Is.False);

        Finish(test);

        Assert.That(end.Result, Is.True);
        Assert.That((test.Queue.Count, test.Failures), Is.EqualTo((0, Array.Empty<Exception>())));
    }

    private static LanesUnderTest NewLanes(bool isFar = true, SpareLanes? spares = null, int executors = Most)
    {
        var test = new LanesUnderTest(most: Own, places: executors, spares: spares ?? new SpareLanes(Most));
        for (var batch = 0; isFar && batch < 64; batch++)
        {
            test.Distance.Saw(RoundTrip, 1);
        }

        return test;
    }

    /// <summary>Apart by more than what any lane waits for.</summary>
    private static void AddMany(LanesUnderTest test, int count)
    {
        for (; count > 0; count--)
        {
            test.Add(count);
            test.Time.Advance(TimeSpan.FromMicroseconds(200));
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
