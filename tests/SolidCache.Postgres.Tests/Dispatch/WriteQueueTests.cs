using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Writes that wait, in a line for each key.</summary>
public sealed class WriteQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly FakeTimeProvider _time = new();
    private readonly WriteQueue _queue;

    public WriteQueueTests() => _queue = new(Writes.Small, AwayDatabase.Table, _time);

    [Test]
    public void A_batch_has_one_row_a_key_in_the_order_of_arrival()
    {
        Add(Writes.Set("b"), Writes.Set("a"), Writes.Remove("b"), Writes.Touch("c"), Writes.Set("a"));

        Assert.That(_queue.Taken().Keys(), Is.EqualTo((string[])["b", "a", "c"]));
        Assert.That(_queue.Taken(), Is.Empty);
    }

    [Test]
    public async Task A_line_under_way_is_not_taken_again_until_its_end()
    {
        var (first, second) = (Writes.Set("k"), Writes.Remove("k"));
        Add(first);
        var row = _queue.Taken().Single();
        Add(second, Writes.Set("other"));

        Assert.That(_queue.Taken().Keys(), Is.EqualTo((string[])["other"]));
        Assert.That(first.HasEnded, Is.False);

        _queue.End(row, error: null);
        Assert.That(await first.WaitAsync(CancellationToken.None), Is.True);
        Assert.That(_queue.Taken().Single().Winner, Is.SameAs(second));
    }

    [Test]
    public void A_row_answers_for_all_that_it_absorbed_and_gives_their_memory_back()
    {
        var requests = (WriteRequest[])[Writes.Set("k"), Writes.Set("k"), Writes.Touch("k"), Writes.Set("k")];
        Add(requests);
        var row = _queue.Taken().Single();
        Assert.That(requests.Where(request => request.Kind == WriteKind.Set).Select(Writes.HoldsMemory), Is.All.True);

        _queue.End(row, new InvalidOperationException("x"));

        Assert.That(requests.Select(Writes.HoldsMemory), Is.All.False);
        foreach (var request in requests)
        {
            Assert.That(async () => await request.WaitAsync(CancellationToken.None), Throws.InvalidOperationException);
        }
    }

    [Test]
    public void A_call_that_ran_out_of_time_ends_and_its_line_stays_closed_until_the_server_has_answered()
    {
        var (underWay, waiting) = (Writes.Set("k"), Writes.Remove("k"));
        Add(underWay);
        var row = _queue.Taken().Single();
        Add(waiting);
        _time.Advance(TimeSpan.FromSeconds(6));
        var young = Writes.Set("k");
        Add(young);

        _queue.Expire();

        Assert.That((underWay.HasEnded, waiting.HasEnded, young.HasEnded), Is.EqualTo((true, true, false)));
        Assert.That(_queue.Taken(), Is.Empty, "The first may still take effect.");
        _queue.End(row, error: null);
        Assert.That(_queue.Taken().Single().Winner, Is.SameAs(young));
    }

    [Test]
    public void A_rows_time_is_that_of_the_first_call_in_it()
    {
        var began = _time.GetTimestamp();
        Add(Writes.Set("k"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Add(Writes.Set("k"));

        Assert.That(_queue.Taken().Single().Began, Is.EqualTo(began));
    }

    [Test]
    public void While_the_server_is_away_all_that_wait_fail_and_what_is_under_way_does_not()
    {
        var (underWay, behind, other) = (Writes.Set("k"), Writes.Remove("k"), Writes.Set("other"));
        Add(underWay);
        _queue.Taken();
        Add(behind, other);

        _queue.FailWaiting(new IOException());

        Assert.That((underWay.HasEnded, behind.HasEnded, other.HasEnded), Is.EqualTo((false, true, true)));
    }

    [Test]
    public void A_line_that_failed_goes_on()
    {
        Add(Writes.Set("k"));
        var row = _queue.Taken().Single();
        Add(Writes.Remove("k"));

        _queue.End(row, new InvalidOperationException());

        Assert.That(_queue.Taken().Single().Winner.Kind, Is.EqualTo(WriteKind.Remove));
    }

    [Test]
    public void What_was_withdrawn_is_dropped_and_gives_its_memory_back()
    {
        var withdrawn = Writes.Set("k", 10);
        Add(withdrawn, Writes.Set("other"));
        withdrawn.Withdrawn();

        Assert.That(_queue.Taken().Keys(), Is.EqualTo((string[])["other"]));
        Assert.That(withdrawn.HoldsMemory(), Is.False);

        Add(Writes.Set("k"));
        Assert.That(_queue.Taken().Keys(), Is.EqualTo((string[])["k"]), "The line starts anew.");
    }

    [Test]
    public void What_was_withdrawn_behind_a_row_under_way_is_dropped_with_its_end()
    {
        Add(Writes.Set("k"));
        var row = _queue.Taken().Single();
        var withdrawn = Writes.Set("k", 10);
        Add(withdrawn);
        withdrawn.Withdrawn();

        _queue.End(row, error: null);

        Assert.That(withdrawn.HoldsMemory(), Is.False);
        Assert.That(_queue.Taken(), Is.Empty);
    }

    [Test]
    public async Task A_turn_behind_withdrawn_writes_comes_at_once_when_they_are_dropped()
    {
        var withdrawn = Writes.Set("k");
        Add(withdrawn);
        var turn = _queue.TakeTurn("k");
        withdrawn.Withdrawn();

        Assert.That(_queue.Taken(), Is.Empty);

        await turn.WaitAsync(Patience);
        _queue.EndTurn(new("k"));
    }

    [Test]
    public void A_queue_full_of_calls_refuses_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            Add([.. Enumerable.Range(0, 10).Select(number => Writes.Set($"k{number % 7}"))]);
            var refused = Writes.Set("refused");

            Assert.That(() => _queue.Add(refused), Throws.TypeOf<SolidCacheException>().With.Message.Contains("10 calls"));
            Assert.That(refused.HoldsMemory(), Is.False);
            Assert.That(Drain(), Is.EqualTo((string[])["k0", "k1", "k2", "k3", "k4", "k5", "k6"]));
        }
    }

    [Test]
    public void A_queue_full_of_bytes_refuses_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            Add(Writes.Set("a", 200), Writes.Set("b", 200), Writes.Set("b", 100));
            var refused = Writes.Set("refused");

            Assert.That(() => _queue.Add(refused), Throws.TypeOf<SolidCacheException>().With.Message.Contains("501 bytes"));
            Assert.That(refused.HoldsMemory(), Is.False);
            Assert.That(Drain(), Is.EquivalentTo((string[])["a", "b"]));
        }
    }

    [Test]
    public void The_accounts_are_even_after_any_history()
    {
        var random = new Random(20261122);
        for (var round = 0; round < 200; round++)
        {
            var underWay = new List<KeyWrite>();
            var turns = new List<(Task Granted, string Key)>();
            for (var step = 0; step < 60; step++)
            {
                var key = $"k{random.Next(4)}";
                switch (random.Next(7))
                {
                    case 0:
                        underWay.AddRange(_queue.Taken());
                        break;
                    case 1 when underWay.Count > 0:
                        var index = random.Next(underWay.Count);
                        _queue.End(underWay[index], random.Next(2) == 0 ? null : new InvalidOperationException());
                        underWay.RemoveAt(index);
                        break;
                    case 2 when turns.Count < 3:
                        turns.Add((_queue.TakeTurn(key), key));
                        break;
                    case 3 when turns.Exists(IsGranted):
                        var turn = turns.Find(IsGranted);
                        turns.Remove(turn);
                        _queue.EndTurn(new(turn.Key));
                        break;
                    default:
                        AddOrBeRefused(random, key);
                        break;
                }
            }

            Finish(underWay, turns);
            Add([.. Enumerable.Range(0, 10).Select(number => Writes.Set($"k{number}", 50))]);
            Assert.That(() => Add(Writes.Touch("x")), Throws.TypeOf<SolidCacheException>().With.Message.Contains("10 calls with 500 bytes"), $"Round {round}.");
            Assert.That(Drain(), Has.Count.EqualTo(10));
        }
    }

    [Test]
    public void A_batch_keeps_to_the_entries()
    {
        Add([.. Enumerable.Range(0, 6).Select(number => Writes.Set($"k{number}"))]);

        Assert.That((_queue.Taken().Count, _queue.Taken().Count), Is.EqualTo((4, 2)));
    }

    [Test]
    public void A_batch_keeps_to_the_bytes()
    {
        Add(Writes.Set("a", 40), Writes.Set("b", 40), Writes.Set("c", 40));

        Assert.That((_queue.Taken().Count, _queue.Taken().Count), Is.EqualTo((2, 1)));
    }

    [Test]
    public void Large_values_go_alone_and_never_before_small_ones_that_are_ready()
    {
        Add(Writes.Set("large1", 60), Writes.Set("small1"), Writes.Set("large2", 50), Writes.Set("small2"));

        Assert.That(BatchesUntilEmpty().Select(batch => string.Join(',', batch.Keys())), Is.EqualTo((string[])["small1,small2", "large1", "large2"]));
    }

    [Test]
    public void One_large_value_is_under_way_at_a_time_so_that_a_lane_is_left_for_small_ones()
    {
        Add(Writes.Set("large1", 60), Writes.Set("large2", 60));
        var large = _queue.Taken().Single();
        Assert.That((_queue.IsEmpty, _queue.KeepsAnotherLaneBusy, _queue.Taken().Count), Is.EqualTo((true, false, 0)));

        Add(Writes.Set("small"));
        var small = _queue.Taken().Single();
        _queue.End(small, error: null);
        Assert.That(_queue.Taken(), Is.Empty, "The large one is still under way.");

        _queue.End(large, error: null);
        Assert.That((_queue.KeepsAnotherLaneBusy, _queue.Taken().Single().Winner.Key.Stored), Is.EqualTo((true, "large2")));
    }

    [Test]
    public void A_line_that_grew_large_while_it_waited_goes_alone_and_not_before_small_ones()
    {
        Add(Writes.Set("grown"), Writes.Set("grown", 60), Writes.Set("small"));

        Assert.That(
            (string[])[.. Enumerable.Range(0, 2).Select(_ => string.Join(',', _queue.Taken().Keys()))],
            Is.EqualTo((string[])["small", "grown"]));
    }

    [Test]
    public void Nothing_joins_a_large_value()
    {
        Add(Writes.Set("large", 60), Writes.Set("shrunk", 60), Writes.Set("shrunk", 1));

        Assert.That(BatchesUntilEmpty(), Has.None.Matches<List<KeyWrite>>(IsLargeInCompany));
    }

    [Test]
    public void A_large_value_whose_successor_was_withdrawn_goes_alone()
    {
        var withdrawn = Writes.Set("large", 1);
        Add(Writes.Set("small"), Writes.Set("large", 60), withdrawn);
        withdrawn.Withdrawn();

        Assert.That(BatchesUntilEmpty(), Has.None.Matches<List<KeyWrite>>(IsLargeInCompany));
    }

    [Test]
    public async Task Turns_come_in_order_and_shut_out_the_others()
    {
        var first = _queue.TakeTurn("k");
        Add(Writes.Set("k"));
        var second = _queue.TakeTurn("k");

        Assert.That((first.IsCompleted, second.IsCompleted), Is.EqualTo((true, false)));
        Assert.That(_queue.Taken(), Is.Empty);
        _queue.EndTurn(new("k"));
        Assert.That(second.IsCompleted, Is.False);
        _queue.End(_queue.Taken().Single(), error: null);
        await second.WaitAsync(Patience);
        _queue.EndTurn(new("k"));
    }

    [Test]
    public async Task Whoever_gives_up_waiting_for_a_turn_lets_nobody_overtake_and_holds_nobody_up()
    {
        using var cancellation = new CancellationTokenSource();
        await _queue.TakeTurn("k");
        var second = _queue.TakeTurn("k", cancellation.Token);
        var third = _queue.TakeTurn("k");

        await cancellation.CancelAsync();

        Assert.That(async () => await second.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(third.IsCompleted, Is.False, "The first has not ended.");
        _queue.EndTurn(new("k"));
        await third.WaitAsync(Patience);
        _queue.EndTurn(new("k"));
    }

    [Test]
    public async Task A_thread_may_wait_for_its_turn()
    {
        await _queue.TakeTurn("k");
        var blocked = Task.Factory.StartNew(
            () => _queue.TakeTurnAsync(new("k"), async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully,
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Assert.That(blocked.IsCompleted, Is.False);

        _queue.EndTurn(new("k"));

        Assert.That(await blocked.WaitAsync(Patience), Is.True);
        _queue.EndTurn(new("k"));
    }

    [Test]
    public async Task The_end_of_a_turn_wakes()
    {
        await _queue.TakeTurn("k");
        var woken = 0;
        var readyThen = 0;
        Add(Writes.Set("k"));
        _queue.Ready = () => (woken, readyThen) = (woken + 1, _queue.Taken().Count);

        _queue.EndTurn(new("k"));

        Assert.That((woken, readyThen), Is.EqualTo((1, 1)));
    }

    [Test]
    public void Nobody_waits_for_an_empty_queue() =>
        Assert.That(_queue.WhenPassedAsync(CancellationToken.None).IsCompletedSuccessfully, Is.True);

    [Test]
    public async Task Whoever_waits_for_the_queue_waits_for_what_was_there_and_for_nothing_else()
    {
        Add(Writes.Set("under way"));
        var underWay = _queue.Taken().Single();
        Add(Writes.Set("waiting"));

        var passed = _queue.WhenPassedAsync(CancellationToken.None);
        Add(Writes.Set("later"), Writes.Set("waiting"), Writes.Set("under way"));
        var batch = _queue.Taken();
        Assert.That(batch.Keys(), Is.EqualTo((string[])["waiting", "later"]));

        _queue.End(underWay, error: null);
        Assert.That(passed.IsCompleted, Is.False);
        _queue.End(batch[0], new InvalidOperationException());
        await passed.WaitAsync(Patience);

        Assert.That(Drain(), Is.EquivalentTo((string[])["under way", "waiting"]));
    }

    [Test]
    public async Task Whoever_gives_up_waiting_for_the_queue_holds_nobody_up()
    {
        Add(Writes.Set("k"));
        var row = _queue.Taken().Single();
        using var cancellation = new CancellationTokenSource();
        using var ready = new SemaphoreSlim(0);
        _queue.Ready = () => ready.Release();
        var passed = _queue.WhenPassedAsync(cancellation.Token);
        Add(Writes.Remove("k"));

        await cancellation.CancelAsync();

        Assert.That(async () => await passed.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        _queue.End(row, error: null);
        Assert.That(await ready.WaitAsync(Patience), Is.True);
        Assert.That(_queue.Taken().Single().Winner.Kind, Is.EqualTo(WriteKind.Remove));
    }

    private static bool IsLargeInCompany(List<KeyWrite>? batch) =>
        batch!.Count > 1 && batch.Exists(write => write.Winner.Value.Length >= Writes.Small.LargeValueBytes);

    private void Add(params WriteRequest[] requests) => Array.ForEach(requests, _queue.Add);

    private void AddOrBeRefused(Random random, string key)
    {
        var request = random.Next(4) switch
        {
            0 => Writes.Remove(key),
            1 => Writes.Touch(key),
            _ => Writes.Set(key, random.Next(80)),
        };
        try
        {
            _queue.Add(request);
        }
        catch (SolidCacheException)
        {
            Assert.That(request.HoldsMemory(), Is.False);
        }

        if (random.Next(4) == 0)
        {
            request.Withdrawn();
        }
    }

    private static bool IsGranted((Task Granted, string Key) turn) => turn.Granted.IsCompleted;

    private void Finish(List<KeyWrite> underWay, List<(Task Granted, string Key)> turns)
    {
        var started = Stopwatch.StartNew();
        do
        {
            underWay.ForEach(write => _queue.End(write, error: null));
            foreach (var turn in turns.FindAll(IsGranted))
            {
                turns.Remove(turn);
                _queue.EndTurn(new(turn.Key));
            }

            underWay.Clear();
            underWay.AddRange(_queue.Taken());
            Assert.That(started.Elapsed, Is.LessThan(Patience), "A turn does not come.");
        }
        while (underWay.Count > 0 || turns.Count > 0);
    }

    private List<List<KeyWrite>> BatchesUntilEmpty()
    {
        var batches = new List<List<KeyWrite>>();
        while (_queue.Taken() is { Count: > 0 } batch)
        {
            batches.Add(batch);
            batch.ForEach(write => _queue.End(write, error: null));
        }

        return batches;
    }

    private List<string> Drain() => [.. BatchesUntilEmpty().SelectMany(batch => batch.Keys())];
}
