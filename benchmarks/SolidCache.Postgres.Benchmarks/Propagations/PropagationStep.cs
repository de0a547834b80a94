namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>What a process is asked to do.</summary>
/// <param name="Do">That.</param>
/// <param name="Cache">By which cache.</param>
/// <param name="Kind">What is changed, or will be.</param>
/// <param name="Key">Of the entry, and of its row of data.</param>
internal sealed record PropagationStep(PropagationVerb Do, PropagationCache Cache, ChangeKind Kind, string Key);
