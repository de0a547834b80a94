namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>When something happened, by the clock that all processes of the machine share.</summary>
internal sealed record PropagationAnswer(long At);
