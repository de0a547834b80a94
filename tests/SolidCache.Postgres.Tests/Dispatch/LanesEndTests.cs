using System.Collections.Concurrent;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The end of lanes, and what they do when all of it happens at once.</summary>
public sealed class LanesEndTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public void Lanes_that_never_worked_end_at_once() => Assert.That(new LanesUnderTest().Lanes.End(TimeSpan.Zero), Is.True);

    [Test]
    public async Task The_end_waits_for_what_is_under_way_and_what_waits_and_lets_the_lanes_rest()
    {
        var test = new LanesUnderTest(maxBatch: 1);
        test.Add(1);
        test.Add(2);
        test[0].NextBatch();

        var end = OwnThread.RunAsync("end", () => test.Lanes.End(Patience));
        test[0].Finish();
        test[0].NextBatch();
        Assert.That(end.IsCompleted, Is.False);
        test[0].Finish();

        Assert.That(await end.WaitAsync(Patience), Is.True);
        test[0].WaitForRest();
        Assert.That(test[0].Threads.Last().Join(Patience), Is.True);
    }

    [Test]
    public void The_end_wakes_lanes_that_sleep()
    {
        var test = new LanesUnderTest();
        test.Add(1);
        test[0].NextBatch();
        test[0].Finish();
        test[0].WaitForRest();

        Assert.That(test.Lanes.End(Patience), Is.True);
        Assert.That(test[0].Threads.Last().Join(Patience), Is.True);
    }

    [Test]
    public void The_end_does_not_wait_for_longer_than_it_may()
    {
        var executor = new GatedExecutor();
        var queue = new NumberQueue(maxBatch: 1);
        var lanes = new Lanes<int>("tests", queue, most: 1, new Distance(0), () => executor, AwayDatabase.Clock(), static _ => { });
        queue.Add(1);
        lanes.Wake();
        executor.NextBatch();

        Assert.That(lanes.End(TimeSpan.FromMilliseconds(20)), Is.False);
        Assert.That(lanes.End(TimeSpan.Zero), Is.False);
        executor.Finish();
        Assert.That(lanes.End(Patience), Is.True);
    }

    [Test]
    public void The_end_does_not_wait_for_lanes_that_were_given_up()
    {
        var test = new LanesUnderTest(places: 2);
        test.Add(1);
        test[0].NextBatch();
        test.LookAfter(milliseconds: 5_151);

        Assert.That(test.Lanes.End(TimeSpan.Zero), Is.True);
        test[0].Finish();
    }

    [Test]
    public void The_end_wakes_a_lane_that_fell_asleep_after_it_began()
    {
        var test = new LanesUnderTest(maxBatch: 1, most: 2);
        test.Add(1);
        test[0].NextBatch();
        test.Add(2);
        test[1].NextBatch();
        test.Queue.MayTake = false;
        test.Add(3);
        test[1].Finish();
        test[1].WaitForRest();
        var takes = test.Queue.Takes;
        var end = OwnThread.RunAsync("end", () => test.Lanes.End(Patience));
        Assert.That(() => test.Queue.Takes, Is.GreaterThan(takes).After(10_000, 1), "The second lane has looked again, and found nothing that it may take.");

        test.Queue.MayTake = true;
        test[0].Finish();
        test[0].NextBatch();
        test[0].Finish();

        Assert.That(end.Wait(TimeSpan.FromSeconds(5)), Is.True);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public async Task Nothing_is_lost_or_executed_twice_however_they_race(int most)
    {
        const int Threads = 8;
        const int Each = 3_000;
        var queue = new NumberQueue(maxBatch: 7);
        var busy = new BusyCount();
        var seed = 0;
        var lanes = new Lanes<int>("tests", queue, most, new Distance(0), () => new RandomExecutor(Interlocked.Increment(ref seed), busy), AwayDatabase.Clock(), static _ => { });
        var watch = new Watch(static _ => { });
        watch.LookAfter(lanes);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => OwnThread.RunAsync(
            "callers",
            () =>
            {
                var random = new Random(thread);
                for (var number = 0; number < Each; number++)
                {
                    queue.Add((thread * Each) + number);
                    lanes.Wake();
                    watch.Wake();
                    Thread.SpinWait(random.Next(300));
                }

                return true;
            }))).WaitAsync(Patience);
        var ended = await OwnThread.RunAsync("end", () => lanes.End(Patience));

        Assert.That((ended, queue.Count), Is.EqualTo((true, 0)));
        Assert.That(busy.Executed.Order(), Is.EqualTo(Enumerable.Range(0, Threads * Each)));
        Assert.That(busy.Most, Is.LessThanOrEqualTo(most));
    }

    /// <summary>What was executed, and how many batches at a time.</summary>
    private sealed class BusyCount
    {
        private readonly Lock _gate = new();
        private int _now;

        public int Most { get; private set; }

        public ConcurrentBag<int> Executed { get; } = [];

        public void Change(int by)
        {
            lock (_gate)
            {
                _now += by;
                Most = Math.Max(Most, _now);
            }
        }
    }

    private sealed class RandomExecutor(int seed, BusyCount busy) : IBatchExecutor<int>
    {
        private readonly Random _random = new(seed);

        public void Execute(List<int> batch)
        {
            busy.Change(1);
            batch.ForEach(busy.Executed.Add);
            Hesitate();
            busy.Change(-1);
            if (_random.Next(10) == 0)
            {
                throw new IOException();
            }
        }

        public void Fail(List<int> batch, Exception error) => Hesitate();

        public void GiveUp(List<int> batch)
        {
        }

        public void Rest() => Hesitate();

        private void Hesitate()
        {
            for (var times = _random.Next(4); times > 0; times--)
            {
                Thread.Yield();
            }
        }
    }
}
