namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Who executes what waits, and when.</summary>
public sealed class LanesTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Test]
    public void A_lone_call_is_executed_at_once_on_a_thread_of_the_caches_own()
    {
        var test = new LanesUnderTest();
        test.Add(1);

        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[1]));
        var thread = test[0].Threads.Single();
        Assert.That((thread.Name, thread.IsBackground, thread.IsThreadPoolThread), Is.EqualTo(("SolidCache.Postgres tests", true, false)));
        test[0].Finish();
    }

    [Test]
    public void What_arrives_meanwhile_is_one_batch()
    {
        var test = new LanesUnderTest();
        test.Add(1);
        test[0].NextBatch();
        test.Add(2);
        test.Add(3);
        test.Add(4);
        test[0].Finish();

        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[2, 3, 4]));
        test[0].Finish();
    }

    [Test]
    public void A_lane_without_work_gives_its_connection_back_and_takes_the_next_call_all_the_same()
    {
        var test = new LanesUnderTest();
        test.Add(1);
        test[0].NextBatch();
        test[0].Finish();
        test[0].WaitForRest();

        test.Add(2);

        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[2]));
        Assert.That((test.Made, test[0].Threads.Distinct().Count()), Is.EqualTo((1, 1)), "It kept its thread.");
        test[0].Finish();
    }

    [Test]
    public void As_many_lanes_are_busy_as_there_are_and_no_more()
    {
        var test = new LanesUnderTest(maxBatch: 1, most: 3);
        for (var number = 0; number < 10; number++)
        {
            test.Add(number);
        }

        var began = new[] { test[0].NextBatch(), test[1].NextBatch(), test[2].NextBatch() };

        Assert.That(began.SelectMany(batch => batch), Is.EquivalentTo((int[])[0, 1, 2]));
        Assert.That((test.Made, test.Queue.Count), Is.EqualTo((3, 7)));
        Finish(test, lanes: 3, batches: 10);
    }

    [Test]
    public void Another_lane_starts_only_when_enough_waits_for_it()
    {
        var test = new LanesUnderTest(maxBatch: 3, most: 2);
        test.Add(0);
        test[0].NextBatch();
        test.Add(1);
        test.Add(2);
        Assert.That(test.Made, Is.EqualTo(1));

        test.Add(3);

        Assert.That(test[1].NextBatch(), Is.EqualTo((int[])[1, 2, 3]));
        Finish(test, lanes: 2, batches: 2);
    }

    [Test]
    public void Another_lane_takes_what_waits_for_a_slow_one()
    {
        var test = new LanesUnderTest(most: 2);
        test.Add(1);
        test[0].NextBatch();
        test.Add(2);
        Assert.That((test.LookAfter(milliseconds: 6), test.Made), Is.EqualTo((true, 1)), "It gets on.");

        test.LookAfter(milliseconds: 1);

        Assert.That(test[1].NextBatch(), Is.EqualTo((int[])[2]));
        Finish(test, lanes: 2, batches: 2);
    }

    [Test]
    public void What_deserves_a_lane_and_has_woken_none_gets_one_at_the_next_look()
    {
        var test = new LanesUnderTest(maxBatch: 1, most: 2);
        test.Add(1);
        test[0].NextBatch();
        test.Queue.Add(2);

        test.LookAfter(milliseconds: 0);

        Assert.That(test[1].NextBatch(), Is.EqualTo((int[])[2]));
        Finish(test, lanes: 2, batches: 2);
    }

    [Test]
    public void Calls_go_out_at_once_while_all_who_work_are_slow()
    {
        var test = new LanesUnderTest(most: 2);
        test.Add(1);
        test[0].NextBatch();
        test.Time.Advance(TimeSpan.FromMilliseconds(7));

        test.Add(2);

        Assert.That(test[1].NextBatch(), Is.EqualTo((int[])[2]));
        Finish(test, lanes: 2, batches: 2);
    }

    [Test]
    public void Waking_for_nothing_executes_nothing_and_loses_no_lane()
    {
        var test = new LanesUnderTest(places: 2);
        test.Lanes.Wake();
        Assert.That(test[0].Batches, Is.Empty);

        var lane = test[test.Made];
        test.Add(1);
        Assert.That(lane.NextBatch(), Is.EqualTo((int[])[1]));
        lane.Finish();
        lane.WaitForRest();
        test.Lanes.Wake();
        test.Add(2);

        Assert.That(lane.NextBatch(), Is.EqualTo((int[])[2]));
        lane.Finish();
    }

    [Test]
    public void What_arrives_while_a_lane_comes_to_rest_is_executed()
    {
        var test = new LanesUnderTest();
        test[0].Resting = () =>
        {
            test[0].Resting = static () => { };
            test.Add(2);
        };
        test.Add(1);
        test[0].NextBatch();
        test[0].Finish();

        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[2]));
        test[0].Finish();
    }

    [Test]
    public void A_lane_knows_nothing_of_the_call_that_woke_it()
    {
        var test = new LanesUnderTest();
        var seen = "never executed";
        test[0].Executing = () => seen = Ambient.Value;
        Ambient.Value = "the caller's";

        test.Add(1);
        test[0].NextBatch();

        Assert.That((seen, Ambient.Value), Is.EqualTo(((string?)null, "the caller's")));
        test[0].Finish();
    }

    [Test]
    public void There_is_something_to_look_after_while_a_lane_is_busy()
    {
        var test = new LanesUnderTest();
        Assert.That(test.Lanes.Look(), Is.False);
        test.Add(1);
        test[0].NextBatch();
        Assert.That(test.Lanes.Look(), Is.True);
        test[0].Finish();
        test[0].WaitForRest();

        Assert.That((test.Lanes.Look(), test.Queue.Looks), Is.EqualTo((false, 3)), "Each look is one at the queue too.");
    }

    private static void Finish(LanesUnderTest test, int lanes, int batches)
    {
        for (var (lane, batch) = (0, 0); batch < lanes * batches; (lane, batch) = ((lane + 1) % lanes, batch + 1))
        {
            test[lane].Finish();
        }
    }
}
