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

    /// <summary>One set in two hundred has a large value, where there are such.</summary>
    public PaddedText Values { get; init; } = new(paddingBytes: 0);

    /// <summary>Whether a quarter of the callers block a thread of their own, and one call in fifty is cancelled under way.</summary>
    public bool IsMixed { get; init; }

    public IEnumerable<string> Keys => Enumerable.Range(0, 16).Select(number => $"{KeyPrefix}key:{number}");

    /// <summary>Every node has such, and others.</summary>
    public bool IsBlocking(int caller) => IsMixed && caller % 4 == 3;
}
