namespace SolidCache.Postgres.IntegrationTests.Hybrid;

public enum WhoseHybridCache
{
    Microsofts,
    Ours,
}
