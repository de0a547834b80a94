using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A removal of many keys waits for the writes before it.</summary>
public sealed class WriteQueuePassedTests
{
    private static readonly KeyRange[] AllKeys = [new("", To: null, Pattern: null, SkipsPrefixed: false)];
    private readonly Writes _writes = new();

    [Test]
    public void Nobody_waits_for_an_empty_queue() => Assert.That(_writes.Queue.WhenPassedAsync(AllKeys).IsCompletedSuccessfully, Is.True);

    [Test]
    public void Touches_are_waited_for_whatever_the_ranges()
    {
        _writes.Touch("k");
        Assert.That(_writes.TouchBehind("behind"), Is.True);
        var passed = _writes.Queue.WhenPassedAsync([]);
        Assert.That(IsOver(passed), Is.False);
        var batch = _writes.Take();
        Assert.That((batch.Count, IsOver(passed)), Is.EqualTo((2, false)), "They are under way.");

        _writes.End(batch);

        Assert.That(IsOver(passed), Is.True);
    }

    [Test]
    public void A_write_in_doubt_whose_key_is_in_none_of_the_ranges_is_not_waited_for()
    {
        _writes.Set("b");
        var hold = _writes.Queue.EndInDoubt(_writes.Take(), static () => new IOException(), long.MaxValue);

        Assert.That(_writes.Queue.WhenPassedAsync([Range("a", "b"), Range("c", null)]).IsCompletedSuccessfully, Is.True);
        var passed = _writes.Queue.WhenPassedAsync([Range("x", null), Range("b", "c")]);
        Assert.That(IsOver(passed), Is.False);
        _writes.Queue.Release(hold);
        Assert.That(IsOver(passed), Is.True);
    }

    [Test]
    public void A_write_whose_row_turns_out_to_be_locked_is_waited_for_no_longer_if_its_key_is_in_none_of_the_ranges()
    {
        _writes.Set("k");
        var batch = _writes.Take();
        var (outside, inside) = (_writes.Queue.WhenPassedAsync([Range("a", "b")]), _writes.Queue.WhenPassedAsync([Range("k", null)]));
        Assert.That((IsOver(outside), IsOver(inside)), Is.EqualTo((false, false)), "A batch that goes on soon ends soon.");

        _writes.Queue.Stray(batch);

        Assert.That((IsOver(outside), IsOver(inside)), Is.EqualTo((true, false)));
        _writes.End(batch);
        Assert.That(IsOver(inside), Is.True);
    }

    [Test]
    public void A_line_that_was_held_up_is_like_any_other_afterwards()
    {
        _writes.Set("k");
        var stray = _writes.Take();
        _writes.Queue.Stray(stray);
        _writes.Set("k");
        _writes.End(stray);

        Assert.That(IsOver(_writes.Queue.WhenPassedAsync([Range("a", "b")])), Is.False, "Its next write goes on soon.");
        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["k"]));
    }

    [Test]
    public void Whoever_waits_for_the_queue_waits_for_what_was_there_and_for_nothing_else()
    {
        _writes.Set("under way");
        var underWay = _writes.Take();
        _writes.Set("waiting");

        var passed = _writes.Queue.WhenPassedAsync(AllKeys);
        _writes.Set("later");
        _writes.Set("under way");
        var waiting = _writes.Take();
        Assert.That(waiting.Keys(), Is.EqualTo((string[])["waiting", "later"]));

        _writes.End(underWay);
        Assert.That(IsOver(passed), Is.False);
        _writes.End(waiting, static () => new InvalidOperationException());
        Assert.That(IsOver(passed), Is.True);
        Assert.That(_writes.TakeAllKeys(), Is.EqualTo((string[])["under way"]));
    }

    [Test]
    public void A_write_in_doubt_has_not_passed_before_it_is_released()
    {
        _writes.Set("k");
        var hold = _writes.Queue.EndInDoubt(_writes.Take(), static () => new IOException(), long.MaxValue);
        var passed = _writes.Queue.WhenPassedAsync(AllKeys);
        Assert.That(IsOver(passed), Is.False);

        _writes.Queue.Release(hold);

        Assert.That(IsOver(passed), Is.True);
    }

    [Test]
    public void A_write_that_goes_on_beside_the_lanes_has_not_passed_before_its_end()
    {
        _writes.Set("k");
        var batch = _writes.Take();
        _writes.Queue.Stray(batch);
        var passed = _writes.Queue.WhenPassedAsync(AllKeys);
        Assert.That(IsOver(passed), Is.False);

        _writes.Queue.End(batch, error: null);

        Assert.That(IsOver(passed), Is.True);
    }

    [Test]
    public void A_batch_that_hangs_has_passed_when_it_is_abandoned_and_those_behind_it_when_they_end()
    {
        _writes.Set("k");
        var batch = _writes.Take();
        var first = _writes.Queue.WhenPassedAsync(AllKeys);
        _writes.Remove("k");
        var second = _writes.Queue.WhenPassedAsync(AllKeys);

        _writes.Queue.Abandon(batch);

        Assert.That((IsOver(first), IsOver(second)), Is.EqualTo((true, false)));
        _writes.End(_writes.Take());
        Assert.That(IsOver(second), Is.True);
    }

    [Test]
    public void Whoever_gave_up_has_passed()
    {
        var given = _writes.Set("k");
        _writes.Set("other");
        var passed = _writes.Queue.WhenPassedAsync(AllKeys);
        given.GiveUp();
        _writes.End(_writes.Take());

        Assert.That(IsOver(passed), Is.True);
    }

    private static KeyRange Range(string from, string? to) => new(from, to, Pattern: null, SkipsPrefixed: false);

    private bool IsOver(Task passed)
    {
        _writes.Queue.Look();
        return passed.IsCompleted;
    }
}
