using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Batches that throw, and batches that hang.</summary>
public sealed class LanesFailureTests
{
    /// <summary>The limit of a call, and the grace of its batch.</summary>
    private const double UntilGivenUp = 5_151;

    [Test]
    public void An_executor_that_throws_fails_its_batch_and_keeps_its_lane()
    {
        var test = new LanesUnderTest();
        var error = new ArgumentException("It should not have.");
        test.Add(1);
        test[0].NextBatch();
        test.Add(2);
        test[0].Finish(error);

        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[2]));
        Assert.That(test[0].Failed.Select(failed => (failed.Batch[0], failed.Error)), Is.EqualTo(((int, Exception)[])[(1, error)]));
        Assert.That(test.Failures, Is.EqualTo((Exception[])[error]));
        Assert.That(test[0].Threads.Distinct().Count(), Is.EqualTo(1));
        test[0].Finish();
    }

    [Test]
    public void An_executor_that_throws_whatever_it_does_keeps_its_lane()
    {
        var test = new LanesUnderTest();
        test[0].Failing = static () => throw new IOException("fail");
        test[0].Resting = static () => throw new IOException("rest");
        for (var number = 0; number < 3; number++)
        {
            test.Add(number);
            Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[number]));
            test[0].Finish(new IOException("execute"));
            Assert.That(() => test.Failures.Count, Is.EqualTo(3 * (number + 1)).After(10_000, 1));
        }

        Assert.That((test.Made, test.Failures.Take(3).Select(failure => failure.Message)), Is.EqualTo((1, (string[])["execute", "fail", "rest"])));
    }

    [Test]
    public void A_batch_that_hangs_is_given_up_after_the_limit_and_a_grace_and_another_lane_takes_over()
    {
        var test = new LanesUnderTest(places: 2);
        test.Add(1);
        test[0].NextBatch();
        test.Add(2);
        test.LookAfter(UntilGivenUp - 1);
        Assert.That((test[0].GivenUp.Count, test.Made), Is.EqualTo((0, 1)));

        test.LookAfter(milliseconds: 1);

        Assert.That(test[0].GivenUp, Is.EqualTo((List<int[]>)[[1]]));
        Assert.That(test[1].NextBatch(), Is.EqualTo((int[])[2]));
        test[1].Finish();
        test[0].Finish();
    }

    [Test]
    public void A_lane_that_was_given_up_ends_with_its_batch_and_takes_no_other()
    {
        var test = new LanesUnderTest(places: 2);
        test.Add(1);
        test[0].NextBatch();
        test.LookAfter(UntilGivenUp);
        test.Add(2);
        test[1].NextBatch();
        test.Add(3);

        test[0].Finish();
        test[0].WaitForRest();

        Assert.That(test[0].Threads.Single().Join(TimeSpan.FromSeconds(60)), Is.True);
        test[1].Finish();
        Assert.That(test[1].NextBatch(), Is.EqualTo((int[])[3]));
        test[1].Finish();
    }

    /// <summary>The process was frozen between a call and the lane that it woke.</summary>
    [Test]
    public void A_batch_that_was_not_begun_when_its_time_was_up_is_begun_all_the_same_and_its_lane_is_not_given_up()
    {
        var (test, begin) = (new LanesUnderTest(places: 2), default(Action));
        OwnThread.Instead = work =>
        {
            begin = work;
            return true;
        };
        try
        {
            test.Add(1);
            test.LookAfter(UntilGivenUp);
        }
        finally
        {
            OwnThread.Instead = null;
        }

        OwnThread.TryStart("late lane", begin!);

        Assert.That(test[0].NextBatch(), Is.EqualTo((int[])[1]));
        test.LookAfter(UntilGivenUp - 1);
        Assert.That(test[0].GivenUp, Is.Empty, "Its time begins with it.");
        test[0].Finish();
        test[0].WaitForRest();
    }

    [Test]
    public void A_batch_is_given_up_once()
    {
        var test = new LanesUnderTest(places: 2);
        test.Add(1);
        test[0].NextBatch();

        test.LookAfter(UntilGivenUp);
        test.LookAfter(UntilGivenUp);

        Assert.That(test[0].GivenUp, Has.Count.EqualTo(1));
        test[0].Finish();
    }

    [Test]
    public void A_lane_whose_executor_cannot_be_given_up_holds_up_neither_the_other_nor_those_who_wait()
    {
        var test = new LanesUnderTest(maxBatch: 1, most: 2, places: 3);
        test[0].GivingUp = static () => throw new IOException("give up");
        for (var lane = 0; lane < 2; lane++)
        {
            test.Add(lane);
            test[lane].NextBatch();
        }

        test.Add(2);
        Assert.That(() => test.LookAfter(UntilGivenUp), Throws.Nothing);

        Assert.That(test[1].GivenUp, Has.Count.EqualTo(1));
        Assert.That(test[2].NextBatch(), Is.EqualTo((int[])[2]));
        for (var lane = 0; lane < 3; lane++)
        {
            test[lane].Finish();
        }
    }

    [Test]
    public void No_more_lanes_are_given_up_at_a_time_than_there_may_be()
    {
        var test = new LanesUnderTest(maxBatch: 1, most: 2, places: 5);
        Begin(0, 1);
        test.LookAfter(UntilGivenUp);
        Begin(2, 3);
        test.LookAfter(UntilGivenUp);
        Assert.That(GivenUp(), Is.EqualTo((int[])[1, 1, 0, 0, 0]));

        test[0].Finish();
        Assert.That(test[0].Threads.Single().Join(TimeSpan.FromSeconds(60)), Is.True);
        test.LookAfter(milliseconds: 1);

        Assert.That(GivenUp().Sum(), Is.EqualTo(3));
        for (var lane = 1; lane < 4; lane++)
        {
            test[lane].Finish();
        }

        void Begin(int one, int other)
        {
            test.Add(one);
            test[one].NextBatch();
            test.Add(other);
            test[other].NextBatch();
        }

        int[] GivenUp() => [.. Enumerable.Range(0, 5).Select(lane => test[lane].GivenUp.Count)];
    }
}
