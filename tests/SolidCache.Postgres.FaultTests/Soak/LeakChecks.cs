namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>What is a leak, and what is none.</summary>
public sealed class LeakChecks
{
    private static readonly Gauge Gauge = new("handles", Allowance: 5, Limit: 100);

    [Test]
    public void Growth_from_fault_to_fault_is_a_leak() =>
        Assert.That(Complaint(Enumerable.Range(0, 30).Select(round => 40.0 + (round / 3))), Does.Contain("a leak"));

    [Test]
    public void What_goes_up_and_down_is_none() => Assert.That(Complaint(Enumerable.Range(0, 30).Select(round => 40.0 + (20 * (round % 3)))), Is.Null);

    [Test]
    public void What_a_process_needs_until_it_has_warmed_up_is_none() =>
        Assert.That(Complaint(Enumerable.Range(0, 30).Select(round => round < 5 ? 10.0 * round : 50)), Is.Null);

    [Test]
    public void A_few_readings_tell_of_no_growth() => Assert.That(Complaint([10, 20, 30, 40]), Is.Null);

    [Test]
    public void A_limit_holds_for_every_reading() => Assert.That(Complaint([10, 101, 10]), Does.Contain("more than 100"));

    private static string? Complaint(IEnumerable<double> readings) => new LeakCheck(Gauge, [.. readings]).Complaint;
}
