using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>What travels together, and in which order.</summary>
public sealed class WriteQueueBatchTests
{
    private readonly Writes _writes = new();

    [Test]
    public void A_batch_has_one_row_a_key_in_the_order_of_arrival()
    {
        _writes.Set("b");
        _writes.Set("a");
        _writes.Set("b");
        _writes.Set("c");

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["b,a,c"]));
    }

    [Test]
    public void A_batch_is_of_one_kind_which_is_that_of_the_first()
    {
        _writes.Remove("r1");
        _writes.Set("s1");
        _writes.Set("d1", durable: true);
        _writes.Remove("r2");
        _writes.Set("s2");

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["r1,r2", "s1,s2", "d1"]));
    }

    [Test]
    public void A_set_that_absorbed_a_remove_travels_with_the_durable_ones()
    {
        _writes.Remove("k");
        _writes.Set("k");
        _writes.Set("other");
        _writes.Set("durable", durable: true);

        var batch = _writes.Take();

        Assert.That(batch.Keys(), Is.EqualTo((string[])["k", "durable"]));
        Assert.That(batch.Select(write => write.Kind), Is.All.EqualTo(WriteKind.DurableSet));
    }

    [Test]
    public void A_batch_keeps_to_the_entries()
    {
        for (var number = 0; number < 6; number++)
        {
            _writes.Set($"k{number}");
        }

        Assert.That((_writes.Take().Count, _writes.Take().Count), Is.EqualTo((4, 2)));
    }

    [Test]
    public void A_batch_keeps_to_the_bytes()
    {
        _writes.Set("a", 40);
        _writes.Set("b", 40);
        _writes.Set("c", 40);

        Assert.That((_writes.Take().Count, _writes.Take().Count), Is.EqualTo((2, 1)));
    }

    [Test]
    public void A_large_value_goes_alone_when_it_is_its_turn()
    {
        _writes.Set("small1");
        _writes.Set("large", 60);
        _writes.Set("small2");
        _writes.Set("small3");

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["small1,small2,small3", "large"]));
    }

    [Test]
    public void A_large_value_that_is_first_is_taken_first_and_alone()
    {
        _writes.Set("large", 50);
        _writes.Set("small");

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["large", "small"]));
    }

    [Test]
    public void One_large_value_is_under_way_at_a_time_so_that_a_lane_is_left_for_small_ones()
    {
        _writes.Set("large1", 60);
        _writes.Set("large2", 60);
        var large = _writes.Take();
        Assert.That((large.Single().Winner.Key.Stored, _writes.Queue.IsEmpty, _writes.Take().Count), Is.EqualTo(("large1", true, 0)));

        _writes.Set("small");
        Assert.That(_writes.Queue.IsEmpty, Is.False);
        _writes.End(_writes.Take());
        Assert.That(_writes.Take(), Is.Empty, "The large one is still under way.");

        _writes.End(large);
        Assert.That((_writes.Queue.IsEmpty, _writes.Take().Single().Winner.Key.Stored), Is.EqualTo((false, "large2")));
    }

    [Test]
    public void The_size_of_a_line_is_that_of_the_write_that_wins()
    {
        _writes.Set("grown");
        _writes.Set("shrunk", 60);
        _writes.Set("grown", 60);
        _writes.Set("shrunk");
        _writes.Set("small");

        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["grown", "shrunk,small"]));
    }

    [Test]
    public void A_kind_that_is_not_under_way_deserves_a_lane_and_one_that_is_only_when_it_is_many()
    {
        _writes.Set("s1");
        Assert.That(_writes.Queue.KeepsAnotherLaneBusy, Is.False, "The lane that is awake takes it.");
        _writes.Take();
        _writes.Set("s2");
        Assert.That(_writes.Queue.KeepsAnotherLaneBusy, Is.False);
        _writes.Set("s3");
        Assert.That(_writes.Queue.KeepsAnotherLaneBusy, Is.True);
        _writes.Take();
        _writes.Remove("r");
        Assert.That(_writes.Queue.KeepsAnotherLaneBusy, Is.True);
    }
}
