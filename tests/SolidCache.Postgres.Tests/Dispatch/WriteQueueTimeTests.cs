using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Writes that run out of time, and writes of a server that is away.</summary>
public sealed class WriteQueueTimeTests
{
    private readonly Writes _writes = new();

    [Test]
    public void A_call_that_ran_out_of_time_ends_as_an_outage_and_its_line_stays_closed_until_the_server_has_answered()
    {
        var underWay = _writes.Set("k");
        var batch = _writes.Take();
        var waiting = _writes.Remove("k");
        _writes.Wait(6);
        var young = _writes.Set("k");

        Assert.That(_writes.Queue.Look(), Is.True);

        Assert.That(underWay.Error(), Is.TypeOf<Outage>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That(waiting.Error(), Is.TypeOf<Outage>().With.InnerException.TypeOf<TimeoutException>());
        Assert.That((young.HasEnded, _writes.Queue.Count), Is.EqualTo((false, 1)));
        Assert.That(_writes.Take(), Is.Empty, "The first may still take effect.");
        _writes.End(batch);
        Assert.That(_writes.Take().Single().Winner, Is.SameAs(young));
    }

    [Test]
    public void Each_runs_out_of_time_by_its_own_beginning()
    {
        var first = _writes.Set("a");
        _writes.Wait(2);
        var second = _writes.Set("b");
        _writes.Wait(2);
        var third = _writes.Set("a");
        for (var (ended, seconds) = (0, 5); ended < 3; (ended, seconds) = (ended + 1, seconds + 2))
        {
            _writes.Wait(1.1);
            _writes.Queue.Look();
            Assert.That(new[] { first, second, third }.Count(request => request.HasEnded), Is.EqualTo(ended + 1), $"After {seconds} seconds.");
            _writes.Wait(0.9);
        }

        Assert.That((_writes.Queue.Look(), _writes.Queue.IsEmpty), Is.EqualTo((false, true)));
    }

    [Test]
    public void A_touch_that_ran_out_of_time_ends_too()
    {
        var touch = _writes.Touch("k");
        Assert.That(_writes.TouchBehind("behind"), Is.True);
        _writes.Wait(6);

        Assert.That((_writes.Queue.Look(), _writes.Queue.IsEmpty), Is.EqualTo((false, true)));

        Assert.That(touch.Error(), Is.TypeOf<Outage>());
        Assert.That(_writes.TouchBehind("behind"), Is.True, "Its place is free again.");
    }

    [Test]
    public void Whoever_runs_out_of_time_because_of_a_locked_row_is_told_so_and_that_is_no_outage()
    {
        var (locked, behind) = (_writes.Set("k"), default(Exception));
        var batch = _writes.Take();
        _writes.Queue.Stray(batch);
        var waiting = _writes.Remove("k");
        _writes.Wait(6);

        _writes.Queue.Look();

        behind = waiting.Error();
        Assert.That(locked.Error(), Is.TypeOf<TimeoutException>().With.Message.Contains("had the row of an entry locked"));
        Assert.That(behind, Is.TypeOf<TimeoutException>().With.Message.Contains("had the row of an entry locked"));
    }

    [Test]
    public void While_the_server_is_away_all_that_wait_fail_and_what_is_under_way_does_not()
    {
        var underWay = _writes.Set("k");
        var batch = _writes.Take();
        var (behind, other, touch) = (_writes.Remove("k"), _writes.Set("other"), _writes.Touch("touch"));

        _writes.Queue.FailWaiting(static () => new IOException());

        Assert.That(underWay.HasEnded, Is.False);
        Assert.That(new[] { behind, other, touch }.Select(request => request.Error()), Is.All.TypeOf<IOException>());
        Assert.That((_writes.Queue.Count, _writes.Queue.IsEmpty), Is.EqualTo((0, true)));
        _writes.End(batch);
        Assert.That((underWay.Error(), _writes.Queue.Look()), Is.EqualTo(((Exception?)null, false)));
    }
}
