namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>Which half of the interface a contract is run with.</summary>
public enum Calling
{
    Async,
    Sync,
}
