namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>The category of tests to which the version of the server makes no difference: they run on one.</summary>
public static class OneServer
{
    public const string Category = "OneServer";
}
