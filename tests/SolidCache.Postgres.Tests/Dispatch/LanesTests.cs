using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Who executes what waits, and when.</summary>
public sealed class LanesTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);
    private static readonly AsyncLocal<string?> Ambient = new();
    private readonly FakeTimeProvider _time = new();

    [Test]
    public void A_lone_call_is_executed_at_once_on_the_callers_thread()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);

        queue.Add(1);
        lanes.Wake();

        Assert.That(executor.Batches, Is.EqualTo((List<int[]>)[[1]]));
        Assert.That(executor.Threads, Is.EqualTo((int[])[Environment.CurrentManagedThreadId]));
    }

    [Test]
    public async Task What_arrives_meanwhile_is_one_batch()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        for (var item = 1; item <= 4; item++)
        {
            queue.Add(item);
            lanes.Wake();
        }

        Assert.That(executor.Batches, Has.Count.EqualTo(1));
        executor.Finish();
        await executor.Began.WaitAsync(Patience);
        await executor.Began.WaitAsync(Patience);

        Assert.That(executor.Batches, Is.EqualTo((List<int[]>)[[1], [2, 3, 4]]));
        executor.Finish();
        await lanes.WhenIdleAsync().WaitAsync(Patience);
    }

    [Test]
    public async Task A_lane_without_work_rests_once_when_it_has_been_idle_for_a_while()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        queue.Add(1);
        lanes.Wake();
        executor.Finish();
        await lanes.WhenIdleAsync().WaitAsync(Patience);
        Assert.That(executor.Rests, Is.Zero, "The next call may come at once.");

        _time.Advance(Look);
        Assert.That(executor.Rests, Is.Zero);
        _time.Advance(Look);
        Assert.That(executor.Rests, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(executor.Rests, Is.EqualTo(1));
    }

    [Test]
    public async Task Disposal_waits_for_what_is_under_way_and_lets_the_lanes_rest()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        queue.Add(1);
        lanes.Wake();

        var disposal = lanes.DisposeAsync().AsTask();
        Assert.That((disposal.IsCompleted, executor.Rests), Is.EqualTo((false, 0)));
        executor.Finish();
        await disposal.WaitAsync(Patience);

        Assert.That(executor.Rests, Is.EqualTo(1));
    }

    [Test]
    public void As_many_lanes_are_busy_as_there_are_and_no_more()
    {
        var executors = (GatedExecutor[])[new(), new(), new()];
        var (queue, lanes) = Make(executors);
        for (var item = 0; item < 10; item++)
        {
            queue.Add(item);
            lanes.Wake();
        }

        Assert.That(executors.Select(executor => executor.Batches.Count), Is.EqualTo((int[])[1, 1, 1]));
        Assert.That(queue.Count, Is.EqualTo(7));
    }

    [Test]
    public void Another_lane_starts_only_when_enough_waits_for_it()
    {
        var executors = (GatedExecutor[])[new(), new()];
        var (queue, lanes) = Make(maxBatch: 3, executors);
        for (var item = 0; item < 3; item++)
        {
            queue.Add(item);
            lanes.Wake();
        }

        Assert.That(Started(executors), Is.EqualTo((int[])[1, 0]));

        queue.Add(3);
        lanes.Wake();

        Assert.That(Started(executors), Is.EqualTo((int[])[1, 1]));
        Assert.That(executors.SelectMany(executor => executor.Batches), Is.EquivalentTo((List<int[]>)[[0], [1, 2, 3]]));
    }

    [Test]
    public void Another_lane_takes_what_waits_for_a_slow_one()
    {
        var executors = (GatedExecutor[])[new(), new()];
        var (queue, lanes) = Make(maxBatch: 100, executors);
        Add(1);
        Add(2);

        _time.Advance(Look);
        Assert.That(Started(executors), Is.EqualTo((int[])[1, 0]), "It may have begun just before the look.");

        _time.Advance(Look);
        Assert.That(Started(executors), Is.EqualTo((int[])[1, 1]));

        void Add(int number)
        {
            queue.Add(number);
            lanes.Wake();
        }
    }

    [Test]
    public async Task Calls_go_out_at_once_while_all_who_work_are_slow()
    {
        var executors = (GatedExecutor[])[new(), new()];
        var (queue, lanes) = Make(maxBatch: 100, executors);
        queue.Add(1);
        lanes.Wake();
        _time.Advance(Look);
        _time.Advance(Look);

        queue.Add(2);
        lanes.Wake();

        Assert.That(Started(executors), Is.EqualTo((int[])[1, 1]));
        Array.ForEach(executors, executor => executor.Finish());
        await lanes.WhenIdleAsync().WaitAsync(Patience);

        queue.Add(3);
        lanes.Wake();
        queue.Add(4);
        lanes.Wake();
        Assert.That(Started(executors).Sum(), Is.EqualTo(3), "Nobody is slow any more.");
    }

    [Test]
    public async Task Nobody_looks_at_lanes_that_are_idle()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        queue.Add(1);
        lanes.Wake();
        executor.Finish();
        await lanes.WhenIdleAsync().WaitAsync(Patience);
        _time.Advance(Look * 3);

        queue.Add(2);
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(executor.Batches, Has.Count.EqualTo(1));
    }

    [Test]
    public void Waking_for_nothing_executes_nothing()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        lanes.Wake();
        Assert.That(executor.Batches, Is.Empty);

        queue.Add(1);
        lanes.Wake();
        Assert.That(executor.Batches, Has.Count.EqualTo(1), "The lane was not lost.");
    }

    [Test]
    public async Task What_arrives_while_a_lane_comes_to_rest_is_executed()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        executor.Resting = () =>
        {
            executor.Resting = null;
            queue.Add(2);
            lanes.Wake();
        };
        queue.Add(1);
        lanes.Wake();
        executor.Finish();
        await lanes.WhenIdleAsync().WaitAsync(Patience);

        _time.Advance(Look);
        _time.Advance(Look);
        await executor.Began.WaitAsync(Patience);
        await executor.Began.WaitAsync(Patience);

        Assert.That(executor.Batches, Is.EqualTo((List<int[]>)[[1], [2]]));
        executor.Finish();
        await lanes.WhenIdleAsync().WaitAsync(Patience);
    }

    [Test]
    public async Task A_lane_that_works_on_knows_nothing_of_the_call_that_woke_it()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        Ambient.Value = "the caller's";
        queue.Add(1);
        lanes.Wake();
        queue.Add(2);
        executor.Finish();
        await executor.Began.WaitAsync(Patience);
        await executor.Began.WaitAsync(Patience);

        Assert.That(executor.Ambients[1], Is.Null);
        Assert.That(Ambient.Value, Is.EqualTo("the caller's"), "The caller keeps his own.");
        Assert.That(ExecutionContext.IsFlowSuppressed(), Is.False);
        executor.Finish();
        await lanes.WhenIdleAsync().WaitAsync(Patience);
    }

    [Test]
    public async Task Idle_is_when_all_lanes_are()
    {
        var executors = (GatedExecutor[])[new(), new()];
        var (queue, lanes) = Make(executors);
        Assert.That(lanes.WhenIdleAsync().IsCompleted, Is.True);
        for (var item = 0; item < 2; item++)
        {
            queue.Add(item);
            lanes.Wake();
        }

        var idle = lanes.WhenIdleAsync();
        executors[0].Finish();
        Assert.That(idle.IsCompleted, Is.False);
        executors[1].Finish();
        await idle.WaitAsync(Patience);
        Assert.That(lanes.WhenIdleAsync().IsCompleted, Is.True);
    }

    [Test]
    public void A_batch_that_takes_longer_than_a_call_may_is_given_up_and_calls_that_ran_out_of_time_are_looked_for()
    {
        var executor = new GatedExecutor();
        var (queue, lanes) = Make(executor);
        queue.Add(1);
        lanes.Wake();

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That(executor.GivenUp, Is.Zero);
        Assert.That(queue.Expiries, Is.InRange(90, 98), "Every 50 milliseconds.");

        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.That(executor.GivenUp, Is.Positive);
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(5)]
    public async Task Nothing_is_lost_or_executed_twice_however_they_race(int laneCount)
    {
        const int Threads = 8;
        const int Each = 5_000;
        var busy = new BusyCount();
        var executors = Enumerable.Range(0, laneCount).Select(number => new RandomExecutor(20261122 + number, busy)).ToArray();
        var queue = new NumberQueue(maxBatch: 7);
        var lanes = new Lanes<int>(queue, executors, TimeSpan.FromSeconds(5), TimeProvider.System);

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Factory.StartNew(
            () =>
            {
                var random = new Random(thread);
                for (var number = 0; number < Each; number++)
                {
                    queue.Add((thread * Each) + number);
                    lanes.Wake();
                    Thread.SpinWait(random.Next(300));
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default))).WaitAsync(Patience);
        await lanes.WhenIdleAsync().WaitAsync(Patience);

        Assert.That(queue.Count, Is.Zero);
        Assert.That(executors.SelectMany(executor => executor.Executed).Order(), Is.EqualTo(Enumerable.Range(0, Threads * Each)));
        Assert.That(busy.Most, Is.LessThanOrEqualTo(laneCount));
    }

    private static int[] Started(GatedExecutor[] executors) => [.. executors.Select(executor => executor.Batches.Count).OrderDescending()];

    /// <summary>With one lane a batch takes all, with several it takes one, so that each keeps another lane busy.</summary>
    private (NumberQueue Queue, Lanes<int> Lanes) Make(params GatedExecutor[] executors) => Make(executors.Length > 1 ? 1 : 1_000, executors);

    private (NumberQueue Queue, Lanes<int> Lanes) Make(int maxBatch, params GatedExecutor[] executors)
    {
        var queue = new NumberQueue(maxBatch);
        return (queue, new Lanes<int>(queue, executors, TimeSpan.FromSeconds(5), _time));
    }

    private sealed class NumberQueue(int maxBatch) : IBatchQueue<int>
    {
        private readonly ConcurrentQueue<int> _numbers = new();

        public int Count => _numbers.Count;

        public bool IsEmpty => _numbers.IsEmpty;

        public bool KeepsAnotherLaneBusy => _numbers.Count >= maxBatch;

        public void Add(int number) => _numbers.Enqueue(number);

        public int Expiries { get; private set; }

        public void Expire() => Expiries++;

        public void Take(List<int> batch)
        {
            while (batch.Count < maxBatch && _numbers.TryDequeue(out var number))
            {
                batch.Add(number);
            }
        }
    }

    /// <summary>Executes a batch when the test says so.</summary>
    private sealed class GatedExecutor : IBatchExecutor<int>
    {
        private TaskCompletionSource _gate = new();

        public List<int[]> Batches { get; } = [];

        public List<int> Threads { get; } = [];

        public List<string?> Ambients { get; } = [];

        public SemaphoreSlim Began { get; } = new(0);

        public int Rests { get; private set; }

        public Action? Resting { get; set; }

        public Task ExecuteAsync(List<int> batch)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            Ambients.Add(Ambient.Value);
            Batches.Add([.. batch]);
            _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var gate = _gate.Task;
            Began.Release();
            return gate;
        }

        public int GivenUp { get; private set; }

        public void GiveUp() => GivenUp++;

        public Task RestAsync()
        {
            Rests++;
            Resting?.Invoke();
            return Task.CompletedTask;
        }

        public void Finish() => _gate.SetResult();
    }

    /// <summary>How many batches are executed at once, and were at most.</summary>
    private sealed class BusyCount
    {
        private readonly Lock _gate = new();
        private int _now;

        public int Most { get; private set; }

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

        public List<int> Executed { get; } = [];

        public async Task ExecuteAsync(List<int> batch)
        {
            busy.Change(1);
            Executed.AddRange(batch);
            await HesitateAsync();
            busy.Change(-1);
        }

        public void GiveUp()
        {
        }

        public Task RestAsync() => HesitateAsync();

        private async Task HesitateAsync()
        {
            for (var times = _random.Next(4); times > 0; times--)
            {
                await Task.Yield();
            }
        }
    }
}
