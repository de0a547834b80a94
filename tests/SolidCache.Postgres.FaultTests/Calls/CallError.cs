namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>What a caller met, by the start of its call.</summary>
internal sealed record CallError(long Start, string Kind, Exception Error);
