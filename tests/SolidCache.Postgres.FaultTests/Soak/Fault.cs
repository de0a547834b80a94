namespace SolidCache.Postgres.FaultTests.Soak;

/// <summary>Something that can happen to a server, or on the way to it.</summary>
/// <param name="Name">What it is called in the table.</param>
/// <param name="Shortest">How long it lasts at least, in seconds.</param>
/// <param name="Longest">How long it lasts at most, in seconds.</param>
/// <param name="RunAsync">Brings it about and ends it.</param>
internal sealed record Fault(string Name, double Shortest, double Longest, Func<Occasion, Task> RunAsync)
{
    /// <summary>Whether acknowledged sets may be lost that were not to be durable.</summary>
    public bool IsCrash { get; init; }
}
