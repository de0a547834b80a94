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
    public void A_small_value_among_large_ones_is_taken()
    {
        for (var number = 0; number < 20; number++)
        {
            _writes.Set($"large{number}", BatchLimits.Default.LargeValueBytes);
        }

        var small = _writes.Set("small");
        _writes.Take();

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(small), "While a large one is under way.");
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
