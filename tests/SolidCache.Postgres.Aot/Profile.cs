namespace SolidCache.Postgres.Aot;

/// <summary>What is cached as JSON.</summary>
internal sealed record Profile(long Id, string Name);
