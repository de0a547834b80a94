using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Batches that hang, and rows that go on beside the lanes.</summary>
public sealed class WriteQueueAbandonTests
{
    private readonly Writes _writes = new();

    [Test]
    public void The_next_of_a_key_goes_when_the_batch_before_it_is_abandoned()
    {
        _writes.Set("k");
        var hanging = _writes.Take();
        var next = _writes.Remove("k");
        Assert.That(_writes.Take(), Is.Empty);

        _writes.Queue.Abandon(hanging);

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(next));
    }

    [Test]
    public void The_late_end_of_an_abandoned_batch_answers_its_callers_and_does_not_touch_the_fresh_line()
    {
        var late = _writes.Set("k");
        var hanging = _writes.Take();
        var second = _writes.Set("k");
        _writes.Queue.Abandon(hanging);
        var fresh = _writes.Take();
        var third = _writes.Remove("k");

        _writes.End(hanging, static () => new IOException());

        Assert.That(late.Error(), Is.TypeOf<IOException>());
        Assert.That((second.HasEnded, _writes.Take().Count), Is.EqualTo((false, 0)), "The second is under way.");
        _writes.End(fresh);
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(third));
    }

    [Test]
    public void The_late_doubt_about_an_abandoned_batch_holds_nobody_up()
    {
        _writes.Set("k");
        var hanging = _writes.Take();
        var next = _writes.Set("k");
        _writes.Queue.Abandon(hanging);

        var hold = _writes.Queue.EndInDoubt(hanging, static () => new IOException(), long.MaxValue);

        Assert.That(hold.Lines, Is.Empty);
        var batch = _writes.Take();
        Assert.That(batch.Single().Winner, Is.SameAs(next));
        _writes.Queue.Release(hold);
        _writes.Set("k");
        Assert.That(_writes.Take(), Is.Empty, "The next is under way.");
        _writes.End(batch);
        Assert.That(_writes.Take(), Has.Count.EqualTo(1));
    }

    [Test]
    public void A_batch_that_has_ended_cannot_be_abandoned()
    {
        _writes.Set("k");
        var ended = _writes.Take();
        _writes.End(ended);
        _writes.Set("k");
        _writes.Take();
        _writes.Set("k");

        _writes.Queue.Abandon(ended);

        Assert.That(_writes.Take(), Is.Empty);
    }

    [Test]
    public void A_batch_in_doubt_cannot_be_abandoned_but_only_released()
    {
        _writes.Set("k");
        var batch = _writes.Take();
        _writes.Queue.EndInDoubt(batch, static () => new IOException(), long.MaxValue);
        _writes.Set("k");

        _writes.Queue.Abandon(batch);

        Assert.That(_writes.Take(), Is.Empty);
    }

    [Test]
    public void A_large_batch_that_was_abandoned_holds_up_no_other_and_is_counted_once()
    {
        _writes.Set("large1", 60);
        _writes.Set("large2", 60);
        _writes.Set("large3", 60);
        var hanging = _writes.Take();
        _writes.Queue.Abandon(hanging);
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["large2"]));

        _writes.End(hanging);

        Assert.That(_writes.Take(), Is.Empty, "One large value is under way.");
    }

    [Test]
    public void Touches_that_hang_hold_nobody_up_and_free_their_keys_with_their_end()
    {
        Assert.That(_writes.TouchBehind("k"), Is.True);
        var hanging = _writes.Take();

        _writes.Queue.Abandon(hanging);

        Assert.That(_writes.TouchBehind("k"), Is.False);
        _writes.End(hanging);
        Assert.That(_writes.TouchBehind("k"), Is.True);
    }

    [Test]
    public void Rows_beside_the_lanes_keep_their_keys_and_end_one_by_one()
    {
        var (first, second) = (_writes.Set("a"), _writes.Set("b"));
        var batch = _writes.Take();
        _writes.Queue.Stray(batch);
        var behind = _writes.Remove("a");
        Assert.That(_writes.Take(), Is.Empty);

        _writes.Queue.End([batch[0]], error: null);

        Assert.That((first.HasEnded, second.HasEnded), Is.EqualTo((true, false)));
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(behind));
        _writes.Queue.End([batch[1]], static () => new InvalidOperationException());
        Assert.That(second.Error(), Is.TypeOf<InvalidOperationException>());
    }

    [Test]
    public void A_large_row_beside_the_lanes_holds_up_no_other_and_is_counted_once()
    {
        _writes.Set("large1", 60);
        _writes.Set("large2", 60);
        _writes.Set("large3", 60);
        var stray = _writes.Take();
        _writes.Queue.Stray(stray);
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["large2"]));

        _writes.Queue.End(stray, error: null);

        Assert.That(_writes.Take(), Is.Empty, "One large value is under way.");
    }

    [Test]
    public void A_row_beside_the_lanes_may_end_in_doubt()
    {
        _writes.Set("a");
        _writes.Set("b");
        var batch = _writes.Take();
        _writes.Queue.Stray(batch);
        var hold = _writes.Queue.EndInDoubt([batch[0]], static () => new IOException(), long.MaxValue);
        _writes.Set("a");
        _writes.Set("b");
        Assert.That(_writes.Take(), Is.Empty);

        _writes.Queue.Release(hold);

        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["a"]));
    }

    [Test]
    public void A_line_that_was_beside_the_lanes_is_like_any_other_afterwards()
    {
        _writes.Set("k");
        var stray = _writes.Take();
        _writes.Queue.Stray(stray);
        _writes.Set("k");
        _writes.Queue.End(stray, error: null);
        var late = _writes.Take().Single().Winner;
        _writes.Wait(6);
        _writes.Queue.Look();

        Assert.That(late.Error(), Is.TypeOf<Outage>(), "And not because of a locked row.");
    }
}
