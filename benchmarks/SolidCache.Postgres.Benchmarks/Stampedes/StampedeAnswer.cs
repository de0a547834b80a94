namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>What came of a round in one process.</summary>
internal sealed record StampedeAnswer(int FactoryRuns, double[] Milliseconds);
