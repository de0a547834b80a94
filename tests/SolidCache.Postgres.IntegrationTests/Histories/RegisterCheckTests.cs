using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.IntegrationTests.Histories;

/// <summary>The check itself: which histories it lets pass, and that it finds what it is there for.</summary>
public sealed class RegisterCheckTests
{
    private const long Lateness = 100;
    private readonly List<Operation> _history = [];

    [SetUp]
    public void StartAnew() => _history.Clear();

    [Test]
    public void Nothing_is_found_before_the_first_write()
    {
        Read(null, 0, 1);
        Write("a", 2, 3);
        Read("a", 4, 5);

        AssertPossible();
    }

    [Test]
    public void Concurrent_writes_take_effect_in_either_order([Values("a", "b")] string last)
    {
        Write("a", 0, 10);
        Write("b", 5, 15, process: 1);
        Read(last, 20, 21);

        AssertPossible();
    }

    [Test]
    public void A_read_may_see_a_write_or_a_remove_that_is_under_way([Values("a", "b", null)] string? seen)
    {
        Write("a", 0, 1);
        Write("b", 2, 20);
        Remove(3, 20, process: 1);
        Read(seen, 5, 6);

        AssertPossible();
    }

    [Test]
    public void A_write_of_unknown_outcome_may_take_effect_never_or_late(
        [Values("a", "b")] string last, [Values(Outcome.Failed, Outcome.Cancelled)] Outcome outcome)
    {
        Write("a", 0, 1, outcome: outcome);
        Write("b", 2, 3, process: 1);
        Read("b", 4, 5);
        Read(last, 50, 51);

        AssertPossible();
    }

    [Test]
    public void A_remove_of_unknown_outcome_may_take_effect_late()
    {
        Remove(0, 1, outcome: Outcome.Failed);
        Write("a", 2, 3, process: 1);
        Read("a", 4, 5);
        Read(null, 50, 51);

        AssertPossible();
    }

    [Test]
    public void What_comes_late_although_its_process_went_on_is_found([Values] bool isRemove, [Values(Outcome.Failed, Outcome.Cancelled)] Outcome outcome)
    {
        _history.Add(Made(isRemove ? OperationKind.Remove : OperationKind.Write, isRemove ? null : "a", 0, 1, process: 0, outcome));
        Write("b", 2, 3);
        Read(isRemove ? null : "a", 4, 5);

        AssertImpossible();
    }

    [Test]
    public void Keys_have_nothing_to_do_with_one_another()
    {
        Write("a", 0, 1);
        _history.Add(Made(OperationKind.Read, null, 2, 3, 0, Outcome.Succeeded) with { Key = "other" });

        AssertPossible();
    }

    [Test]
    public void A_lost_write_is_found()
    {
        Write("a", 0, 1);
        Write("b", 2, 3, process: 1);
        Read("a", 4, 5);

        AssertImpossible();
    }

    [Test]
    public void A_write_that_is_lost_without_a_trace_is_found()
    {
        Remove(0, 1);
        Write("a", 2, 3);
        Read(null, 4, 5);

        AssertImpossible();
    }

    [Test]
    public void A_lost_remove_is_found()
    {
        Write("a", 0, 1);
        Remove(2, 3);
        Read("a", 4, 5);

        AssertImpossible();
    }

    [Test]
    public void A_stale_read_is_found_while_the_new_write_is_under_way()
    {
        Write("a", 0, 1);
        Write("b", 2, 100);
        Read("b", 10, 11);
        Read("a", 12, 13);

        AssertImpossible();
    }

    [Test]
    public void A_value_that_comes_back_is_found_though_its_outcome_was_unknown()
    {
        Write("a", 0, 1, outcome: Outcome.Failed);
        Read("a", 2, 3);
        Remove(4, 5);
        Read("a", 6, 7);

        AssertImpossible();
    }

    [Test]
    public void Values_that_take_turns_are_found()
    {
        Write("a", 0, 100);
        Write("b", 0, 100, process: 1);
        Read("a", 10, 11);
        Read("b", 12, 13);
        Read("a", 14, 15);

        AssertImpossible();
    }

    [Test]
    public void A_gap_in_a_value_is_found()
    {
        Remove(0, 100);
        Write("a", 0, 100, process: 1);
        Read("a", 10, 11);
        Read(null, 12, 13);
        Read("a", 14, 15);

        AssertImpossible();
    }

    [Test]
    public void A_write_that_came_later_than_its_deadline_is_found()
    {
        Write("a", 0, 1, outcome: Outcome.Failed);
        Write("b", 102, 103);
        Read("b", 104, 105);
        Read("a", 106, 107);

        AssertImpossible();
    }

    /// <summary>Two writes, or one of them is a remove.</summary>
    [Test]
    public void What_was_overtaken_is_found_within_a_process_and_nowhere_else([Values(0, 1)] int process, [Values(0, 1, 2)] int removed)
    {
        var (first, second) = (removed == 1 ? null : "a", removed == 2 ? null : "b");
        _history.Add(Made(KindOf(first), first, 0, 10, process: 0, Outcome.Succeeded, placed: 1));
        _history.Add(Made(KindOf(second), second, 2, 10, process, Outcome.Succeeded));
        Read(first, 11, 12);

        Assert.That(RegisterCheck.Violations(_history, Lateness).Any(), Is.EqualTo(process == 0));

        static OperationKind KindOf(string? value) => value is null ? OperationKind.Remove : OperationKind.Write;
    }

    [Test]
    public void A_value_from_nowhere_or_from_the_future_is_found([Values("a", "b")] string written)
    {
        Read("a", 0, 1);
        Write(written, 2, 3);

        AssertImpossible();
    }

    [Test]
    public void A_value_that_was_refused_is_found()
    {
        Write("a", 0, 1, outcome: Outcome.Refused);
        Read("a", 2, 3);

        AssertImpossible();
    }

    [Test]
    public void A_write_that_a_crash_lost_passes_where_only_removes_are_durable()
    {
        Write("a", 0, 1);
        Read("a", 2, 3);
        Write("b", 4, 5);
        Read("b", 6, 7);
        Read("a", 8, 9);
        Read(null, 10, 11);

        Assert.That(RegisterCheck.Returned(_history, Lateness), Is.Empty);
        AssertImpossible();
    }

    [Test]
    public void A_lost_remove_is_found_where_only_removes_are_durable()
    {
        Write("a", 0, 1);
        Remove(2, 3);
        Read("a", 4, 5);

        Assert.That(RegisterCheck.Returned(_history, Lateness), Is.Not.Empty);
    }

    private static Operation Made(OperationKind kind, string? value, long start, long end, int process, Outcome outcome, long? placed = null) =>
        new(process, 0, "key", kind) { Value = value, Start = start, Placed = placed ?? end, End = end, Outcome = outcome };

    private void Write(string value, long start, long end, int process = 0, Outcome outcome = Outcome.Succeeded) =>
        _history.Add(Made(OperationKind.Write, value, start, end, process, outcome));

    private void Remove(long start, long end, int process = 0, Outcome outcome = Outcome.Succeeded) =>
        _history.Add(Made(OperationKind.Remove, null, start, end, process, outcome));

    private void Read(string? value, long start, long end) =>
        _history.Add(Made(OperationKind.Read, value, start, end, 2, Outcome.Succeeded));

    private void AssertPossible() => Assert.That(RegisterCheck.Violations(_history, Lateness), Is.Empty);

    private void AssertImpossible() => Assert.That(RegisterCheck.Violations(_history, Lateness), Is.Not.Empty);
}
