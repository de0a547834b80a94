using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The writes of one key, whose order is never broken.</summary>
public sealed class WriteQueueLineTests
{
    private readonly Writes _writes = new();

    [Test]
    public void A_line_under_way_is_not_taken_again_until_its_end()
    {
        var first = _writes.Set("k");
        var batch = _writes.Take();
        var second = _writes.Remove("k");
        _writes.Set("other");

        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["other"]));
        Assert.That(first.HasEnded, Is.False);

        _writes.End(batch);
        Assert.That(first.Error(), Is.Null);
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(second));
    }

    [Test]
    public void A_row_answers_for_all_that_it_absorbed_and_gives_their_memory_back()
    {
        var requests = (WriteRequest[])[_writes.Set("k"), _writes.Remove("k"), _writes.Set("k"), _writes.Set("k")];
        var batch = _writes.Take();
        Assert.That(requests.Where(request => request.Kind == WriteKind.Set).Select(Requests.HoldsMemory), Is.All.True);

        _writes.End(batch, static () => new InvalidOperationException("x"));

        Assert.That(requests.Select(Requests.HoldsMemory), Is.All.False);
        Assert.That(requests.Select(request => request.Error()), Is.All.TypeOf<InvalidOperationException>());
    }

    [Test]
    public void A_line_that_failed_goes_on()
    {
        _writes.Set("k");
        var batch = _writes.Take();
        var next = _writes.Remove("k");

        _writes.End(batch, static () => new InvalidOperationException());

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(next));
    }

    [Test]
    public void Some_rows_of_a_batch_may_end_before_the_others()
    {
        var (first, second) = (_writes.Set("a"), _writes.Set("b"));
        var batch = _writes.Take();

        _writes.Queue.End([batch[0]], error: null);

        Assert.That((first.HasEnded, second.HasEnded), Is.EqualTo((true, false)));
        _writes.Queue.End([batch[1]], error: null);
        Assert.That(second.HasEnded, Is.True);
    }

    [Test]
    public void A_rows_time_is_that_of_the_last_call_in_it()
    {
        _writes.Set("k");
        _writes.Wait(1);
        var last = _writes.Set("k");

        Assert.That(_writes.Take().Single().Began, Is.EqualTo(last.Began));
    }

    [Test]
    public void Whoever_gives_up_leaves_the_queue_its_count_and_its_bytes_at_once()
    {
        var kept = _writes.Set("k");
        _writes.Set("k", 300).GiveUp();
        _writes.Set("gone", 300).GiveUp();

        Assert.That(_writes.Queue.Count, Is.EqualTo(1));
        Assert.That(() => _writes.Set("large", 499), Throws.Nothing, "Their bytes would have been too many.");
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(kept));
    }

    [Test]
    public void The_write_before_one_that_was_given_up_wins()
    {
        var first = _writes.Set("k");
        _writes.Remove("k").GiveUp();

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(first));
    }

    [Test]
    public void What_is_given_up_behind_a_row_under_way_never_goes_and_does_not_open_the_line()
    {
        _writes.Set("k");
        var batch = _writes.Take();
        _writes.Remove("k").GiveUp();
        var last = _writes.Set("k");

        Assert.That(_writes.Take(), Is.Empty);
        _writes.End(batch);
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(last));
    }

    [Test]
    public void What_is_given_up_under_way_keeps_its_key_until_its_end()
    {
        var given = _writes.Set("k");
        var batch = _writes.Take();
        given.GiveUp();
        var next = _writes.Remove("k");

        Assert.That(given.HoldsMemory(), Is.True, "It is being sent.");
        Assert.That(_writes.Take(), Is.Empty);
        _writes.End(batch);
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(next));
    }
}
