namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>How large and how long a scenario is.</summary>
internal sealed record ScenarioSettings(IReadOnlyList<int> AllRows, TimeSpan Duration)
{
    public int Rows => AllRows[0];

    /// <summary>Gets the time before a measurement counts.</summary>
    public TimeSpan WarmUp => TimeSpan.FromSeconds(Math.Min(1, Duration.TotalSeconds / 2));
}
