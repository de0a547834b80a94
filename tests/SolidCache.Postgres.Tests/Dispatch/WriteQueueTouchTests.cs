using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Touches need no order, and nobody is held up by them.</summary>
public sealed class WriteQueueTouchTests
{
    private readonly Writes _writes = new();

    [Test]
    public void Touches_travel_together_and_are_not_counted()
    {
        _writes.Touch("a");
        _writes.Touch("b");

        Assert.That((_writes.Queue.Count, _writes.Queue.IsEmpty), Is.EqualTo((0, false)));
        var batch = _writes.Take();
        Assert.That(batch.Select(write => (write.Line, write.Kind)), Is.All.EqualTo(((KeyLine?)null, WriteKind.Touch)));
        Assert.That(batch.Keys(), Is.EqualTo((string[])["a", "b"]));
    }

    [Test]
    public void A_full_queue_refuses_no_touch()
    {
        for (var number = 0; number < 10; number++)
        {
            _writes.Set($"k{number}");
        }

        Assert.That(() => _writes.Touch("k"), Throws.Nothing);
        Assert.That(_writes.TouchBehind("k"), Is.True);
    }

    [Test]
    public void A_touch_waits_for_no_write_of_its_key_and_no_write_for_it()
    {
        _writes.Set("k");
        _writes.Take();
        _writes.Touch("k");
        Assert.That(_writes.Take().Single().Kind, Is.EqualTo(WriteKind.Touch));

        _writes.Touch("other");
        _writes.Take();
        _writes.Set("other");
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["other"]));
    }

    [Test]
    public void Touches_and_writes_take_turns_by_arrival()
    {
        _writes.Touch("t1");
        _writes.Set("s1");
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["t1"]));
        _writes.Touch("t2");
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["s1"]));
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["t2"]));
    }

    [Test]
    public void Touches_go_while_only_large_values_wait_for_their_turn()
    {
        _writes.Set("large1", 60);
        _writes.Set("large2", 60);
        _writes.Take();
        _writes.Touch("t");

        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["t"]));
    }

    [Test]
    public void One_touch_that_nobody_waits_for_is_pending_a_key_until_its_end()
    {
        Assert.That((_writes.TouchBehind("k"), _writes.TouchBehind("k"), _writes.TouchBehind("other")), Is.EqualTo((true, false, true)));
        var batch = _writes.Take();
        Assert.That(_writes.TouchBehind("k"), Is.False, "It is under way.");

        _writes.End(batch);

        Assert.That(_writes.TouchBehind("k"), Is.True);
    }

    [Test]
    public void The_end_of_a_touch_that_somebody_waits_for_makes_no_room_for_another_that_nobody_does()
    {
        _writes.TouchBehind("k");
        _writes.Take();
        _writes.Touch("k");
        _writes.End(_writes.Take());

        Assert.That(_writes.TouchBehind("k"), Is.False);
    }

    [Test]
    public void As_many_touches_that_nobody_waits_for_are_pending_as_calls_may_wait()
    {
        for (var number = 0; number < 10; number++)
        {
            Assert.That(_writes.TouchBehind($"k{number}"), Is.True);
        }

        Assert.That(_writes.TouchBehind("one more"), Is.False);
        _writes.End(_writes.Take());
        Assert.That(_writes.TouchBehind("one more"), Is.True);
    }

    [Test]
    public void Whoever_waits_for_a_touch_may_give_up()
    {
        var (given, kept) = (_writes.Touch("a"), _writes.Touch("b"));
        given.GiveUp();

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(kept));
    }

    [Test]
    public void The_callers_of_a_touch_hear_of_its_end()
    {
        var touch = _writes.Touch("k");
        Assert.That(_writes.Queue.Look(), Is.True);
        _writes.End(_writes.Take(), static () => new InvalidOperationException());

        Assert.That(touch.Error(), Is.TypeOf<InvalidOperationException>());
        Assert.That(_writes.Queue.Look(), Is.False);
    }
}
