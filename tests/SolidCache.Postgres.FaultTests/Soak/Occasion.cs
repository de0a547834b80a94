using SolidCache.Postgres.FaultTests.Calls;

namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>One time that a fault happens.</summary>
/// <param name="Site">Where.</param>
/// <param name="Length">For how long.</param>
/// <param name="Plan">What the callers do meanwhile.</param>
/// <param name="Random">Decides the rest.</param>
internal sealed record Occasion(Site Site, TimeSpan Length, LoadPlan Plan, Random Random)
{
    public IReadOnlyList<string> Keys { get; } = [.. Plan.Keys];

    public Task PassAsync() => Task.Delay(Length);
}
