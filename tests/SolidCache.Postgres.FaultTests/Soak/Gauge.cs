namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>Something that is used while calls are under way, and given back.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Allowance">By how much it may differ from one third of a soak to another without being a leak.</param>
/// <param name="Limit">What it never exceeds between two faults.</param>
internal sealed record Gauge(string Name, double Allowance, double Limit);
