using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Rows of which nobody knows whether they take effect: their keys are kept until they cannot any more.</summary>
public sealed class WriteQueueDoubtTests
{
    private readonly Writes _writes = new();

    [Test]
    public void The_callers_of_a_batch_in_doubt_are_answered_at_once()
    {
        var requests = new[] { _writes.Set("a"), _writes.Set("a"), _writes.Set("b") };

        EndInDoubt(seconds: 5);

        Assert.That(requests.Select(request => request.Error()), Is.All.TypeOf<IOException>());
        Assert.That(_writes.Queue.Look(), Is.True, "The keys are looked after.");
    }

    [Test]
    public void No_later_write_of_its_keys_goes_before_a_batch_in_doubt_is_released()
    {
        _writes.Set("k");
        var hold = EndInDoubt(seconds: 5);
        var next = _writes.Remove("k");
        _writes.Set("other");
        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["other"]));

        _writes.Queue.Release(hold);

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(next));
    }

    [Test]
    public void A_batch_in_doubt_is_released_by_time()
    {
        _writes.Set("k");
        EndInDoubt(seconds: 2);
        var next = _writes.Remove("k");
        _writes.Wait(1.9);
        _writes.Queue.Look();
        Assert.That(_writes.Take(), Is.Empty);

        _writes.Wait(0.1);
        _writes.Queue.Look();

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(next));
    }

    [Test]
    public void A_batch_is_released_once()
    {
        _writes.Set("k");
        var hold = EndInDoubt(seconds: 2);
        _writes.Set("k");
        _writes.Queue.Release(hold);
        _writes.Take();
        _writes.Remove("k");

        _writes.Queue.Release(hold);
        _writes.Wait(3);
        _writes.Queue.Look();

        Assert.That(_writes.Take(), Is.Empty, "The second is under way.");
    }

    [Test]
    public void A_key_that_is_released_with_nobody_waiting_is_forgotten()
    {
        _writes.Set("k");

        _writes.Queue.Release(EndInDoubt(seconds: 5));

        Assert.That(_writes.Queue.Look(), Is.False);
    }

    [Test]
    public void Whoever_waits_for_a_key_in_doubt_may_give_up_or_run_out_of_time()
    {
        _writes.Set("k");
        var hold = EndInDoubt(seconds: 20);
        _writes.Set("k").GiveUp();
        var late = _writes.Set("k");
        _writes.Wait(6);
        _writes.Queue.Look();
        Assert.That((late.HasEnded, _writes.Queue.Count), Is.EqualTo((true, 0)));
        var last = _writes.Set("k");

        _writes.Queue.Release(hold);

        Assert.That(_writes.Take().Single().Winner, Is.SameAs(last));
    }

    [Test]
    public void A_large_batch_in_doubt_holds_up_no_other_large_value()
    {
        _writes.Set("large1", 60);
        _writes.Set("large2", 60);
        EndInDoubt(seconds: 5);

        Assert.That(_writes.Take().Keys(), Is.EqualTo((string[])["large2"]));
    }

    [Test]
    public void Touches_in_doubt_are_over_at_once()
    {
        _writes.Touch("k");

        EndInDoubt(seconds: 5);

        Assert.That(_writes.Queue.Look(), Is.False);
    }

    private WriteHold EndInDoubt(double seconds) =>
        _writes.Queue.EndInDoubt(_writes.Take(), static () => new IOException(), _writes.Clock.Now + (long)(seconds * _writes.Time.TimestampFrequency));
}
