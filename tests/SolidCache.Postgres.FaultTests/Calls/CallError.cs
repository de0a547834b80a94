using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>What a caller met, by the start of its call and what it called.</summary>
internal sealed record CallError(long Start, OperationKind Call, string Kind, Exception Error);
