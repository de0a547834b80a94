namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>What one load has that another has not.</summary>
internal sealed record LoadPlan
{
    /// <summary>That of the nodes.</summary>
    public TimeSpan OperationTimeout { get; init; } = new PostgresSolidCacheOptions().OperationTimeout;

    /// <summary>What the keys begin with, which start empty.</summary>
    public string KeyPrefix { get; init; } = "";

    /// <summary>What the callers' choices begin with.</summary>
    public int Seed { get; init; }

    public PaddedText Values { get; init; } = new(paddingBytes: 0);

    public IEnumerable<string> Keys => Enumerable.Range(0, 16).Select(number => $"{KeyPrefix}key:{number}");
}
