using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Tool;

/// <summary>A database of its own for each test, and the tool pointed at it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public abstract class ToolFixture
{
    protected TestDatabase Database { get; private set; } = null!;

    [SetUp]
    public async Task CreateDatabaseAsync() => Database = await TestDatabase.CreateAsync();

    [TearDown]
    public async Task DropDatabaseAsync() => await Database.DisposeAsync();

    private protected Task<ToolRun> RunAsync(params string[] arguments) =>
        ToolRun.OfAsync([.. arguments, "--connection-string", Database.ConnectionString]);

    /// <summary>A cache in the same table, with entries as an application would set them.</summary>
    private protected async Task<ServiceProvider> MigratedCacheAsync(params string[] keys)
    {
        var run = await RunAsync("migrate");
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var services = new ServiceCollection()
            .AddPostgresSolidCache(options => options.ConnectionString = Database.ConnectionString)
            .BuildServiceProvider();
        foreach (var key in keys)
        {
            await services.GetRequiredService<ISolidCache>().SetAsync(key, "value"u8.ToArray(), new() { AbsoluteExpirationRelativeToNow = TimeSpan.FromMinutes(1) });
        }

        return services;
    }
}
