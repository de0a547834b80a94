namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>One time that a fault happens.</summary>
/// <param name="Site">Where.</param>
/// <param name="Length">For how long.</param>
/// <param name="Keys">What the callers use meanwhile.</param>
/// <param name="Random">Decides the rest.</param>
internal sealed record Occasion(Site Site, TimeSpan Length, IReadOnlyList<string> Keys, Random Random)
{
    public Task PassAsync() => Task.Delay(Length);
}
