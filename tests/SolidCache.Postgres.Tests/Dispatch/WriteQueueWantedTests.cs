using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Rows beside the lanes are tried as those of their callers want them who are still there.</summary>
public sealed class WriteQueueWantedTests
{
    private readonly Writes _writes = new();

    [Test]
    public void A_row_whose_callers_all_wait_is_wanted_as_it_is()
    {
        _writes.Set("k");
        _writes.Remove("k");
        var stray = Stray();

        Assert.That(_writes.Queue.Wanted(stray), Is.EqualTo(stray));
    }

    [Test]
    public void The_last_write_whose_caller_waits_takes_the_place_of_those_after_it()
    {
        _writes.Set("k");
        var wanted = _writes.Set("k");
        var (second, last) = (_writes.Set("k"), _writes.Remove("k"));
        var stray = Stray();
        second.GiveUp();
        Assert.That(_writes.Queue.Wanted(stray)!.Value.Winner, Is.SameAs(last));
        last.GiveUp();

        Assert.That(_writes.Queue.Wanted(stray)!.Value.Winner, Is.SameAs(wanted));
    }

    [Test]
    public void The_time_of_what_is_left_is_its_own()
    {
        var first = _writes.Set("k");
        _writes.Wait(1);
        var last = _writes.Set("k");
        var stray = Stray();
        last.GiveUp();

        Assert.That((_writes.Queue.Wanted(stray)!.Value.Began, stray.Began), Is.EqualTo((first.Began, last.Began)));
        Assert.That(first.Began, Is.LessThan(last.Began));
    }

    [TestCase(false, false, false)]
    [TestCase(true, false, true)]
    [TestCase(false, true, true)]
    [TestCase(true, true, true)]
    public void What_is_left_is_as_durable_as_the_row_was(bool first, bool last, bool isDurable)
    {
        _writes.Set("k", durable: first);
        var given = _writes.Set("k", durable: last);
        var stray = Stray();
        given.GiveUp();

        Assert.That(_writes.Queue.Wanted(stray)!.Value.Kind, Is.EqualTo(isDurable ? WriteKind.DurableSet : WriteKind.Set));
    }

    [Test]
    public void A_set_that_a_removal_absorbed_is_durable_when_that_is_given_up_and_a_removal_stays_one()
    {
        _writes.Set("set");
        var removal = _writes.Remove("set");
        _writes.Remove("removal");
        var set = _writes.Set("removal");
        var strays = new[] { Stray(), Stray() };
        removal.GiveUp();
        set.GiveUp();

        Assert.That(strays.Select(stray => _writes.Queue.Wanted(stray)!.Value.Kind), Is.EqualTo((WriteKind[])[WriteKind.DurableSet, WriteKind.Remove]));
    }

    [Test]
    public void A_row_is_not_wanted_when_all_its_callers_have_gone_or_ran_out_of_time()
    {
        var (first, last) = (_writes.Set("k"), _writes.Set("k"));
        var stray = Stray();
        last.GiveUp();
        Assert.That(_writes.Queue.Wanted(stray), Is.Not.Null);
        _writes.Wait(6);
        _writes.Queue.Look();

        Assert.That(first.HasEnded, Is.True);
        Assert.That(_writes.Queue.Wanted(stray), Is.Null);
        _writes.End([stray]);
        Assert.That(_writes.Queue.Look(), Is.False);
    }

    [Test]
    public void What_waits_behind_a_row_is_not_mistaken_for_it()
    {
        var given = _writes.Set("k");
        var stray = Stray();
        _writes.Set("k");
        given.GiveUp();

        Assert.That(_writes.Queue.Wanted(stray), Is.Null);
    }

    private KeyWrite Stray()
    {
        var batch = _writes.Take();
        _writes.Queue.Stray(batch);
        return batch.Single();
    }
}
