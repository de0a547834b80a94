using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Whoever came first goes first, whatever its kind and its size, among callers who never let the queue get empty.</summary>
public sealed class WriteQueueFairnessTests
{
    private const int Writers = 400;
    private readonly Writes _writes = new(BatchLimits.Default);

    [Test]
    public void A_large_value_among_many_small_ones_is_taken()
    {
        StartWriters();
        var large = _writes.Set("large", BatchLimits.Default.LargeValueBytes);

        Assert.That(BatchesUntil(large), Is.EqualTo(5), "Four batches were before it.");
    }

    [TestCase("remove")]
    [TestCase("durable")]
    [TestCase("touch")]
    public void Another_kind_among_many_sets_is_taken(string kind)
    {
        StartWriters();
        var other = kind switch
        {
            "remove" => _writes.Remove("other"),
            "durable" => _writes.Set("other", durable: true),
            _ => _writes.Touch("other"),
        };

        Assert.That(BatchesUntil(other), Is.EqualTo(5));
    }

    [Test]
    public void A_small_value_among_large_ones_is_taken([Values] bool coalescing, [Values(5, 20, 900)] int larger)
    {
        var writes = new Writes(coalescing ? BatchLimits.Default : BatchLimits.Alone);
        SetLarge(writes, larger);
        var small = writes.Set("small");
        writes.Take();
        Assert.That(writes.Queue.KeepsAnotherLaneBusy, Is.True, "What is large may take long.");

        Assert.That(writes.Take().Single().Winner, Is.SameAs(small), "While a large one is under way.");
        Assert.That((writes.Queue.IsEmpty, writes.Queue.KeepsAnotherLaneBusy), Is.EqualTo((true, false)), "There is nothing else to do.");
    }

    [Test]
    public void Whichever_is_older_goes_first_when_no_large_one_is_under_way()
    {
        SetLarge(_writes, 2);
        _writes.Set("small");
        var (first, small) = (_writes.Take(), _writes.Take());
        _writes.Set("younger");
        _writes.End(small);
        _writes.End(first);

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["large1", "younger"]));
    }

    [Test]
    public void Small_ones_are_taken_among_large_ones_that_never_end_where_one_lane_takes_both()
    {
        SetLarge(_writes, 20);
        StartWriters();
        _writes.Remove("removed");
        var small = _writes.Set("small");

        Assert.That(BatchesUntil(small), Is.EqualTo(20 + 4), "Twenty large ones were before it, and 400 small ones, which make three batches and a half.");
    }

    [Test]
    public void A_line_whose_large_value_a_small_one_replaces_while_it_waits_is_taken()
    {
        SetLarge(_writes, 3);
        var first = _writes.Take();
        Assert.That(_writes.Take(), Is.Empty);
        var small = _writes.Set("large2");

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(small));
        _writes.End(first);
        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["large1"]));
    }

    [Test]
    public void What_waits_for_a_large_one_can_be_withdrawn()
    {
        SetLarge(_writes, 2);
        var withdrawn = _writes.Set("withdrawn", BatchLimits.Default.LargeValueBytes);
        var first = _writes.Take();
        Assert.That(_writes.Take(), Is.Empty);

        _writes.Queue.Withdraw(withdrawn);
        _writes.End(first);

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["large1"]));
        Assert.That(_writes.Queue.Look(), Is.False, "Nothing is left.");
    }

    [Test]
    public void Sets_are_taken_among_many_touches()
    {
        for (var number = 0; number < 1_000; number++)
        {
            _writes.Touch($"k{number}");
        }

        var set = _writes.Set("set");

        Assert.That(Enumerable.Range(1, 20).First(_ => IsIn(set, _writes.Take())), Is.EqualTo(9), "A thousand touches are eight batches.");
    }

    private static bool IsIn(WriteRequest request, List<KeyWrite> batch) => batch.Exists(write => write.Winner == request);

    private static void SetLarge(Writes writes, int count)
    {
        for (var number = 0; number < count; number++)
        {
            writes.Set($"large{number}", BatchLimits.Default.LargeValueBytes);
        }
    }

    private void StartWriters()
    {
        for (var number = 0; number < Writers; number++)
        {
            _writes.Set($"k{number}");
        }
    }

    /// <summary>Every writer sets anew as soon as he has his answer.</summary>
    private int BatchesUntil(WriteRequest request)
    {
        for (var batches = 1; batches < 100; batches++)
        {
            var batch = _writes.Take();
            if (IsIn(request, batch))
            {
                return batches;
            }

            var keys = batch.Keys().ToArray();
            _writes.End(batch);
            Array.ForEach(keys, key => _writes.Set(key));
        }

        return int.MaxValue;
    }
}
