using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>A database with a role of the application and one that has nothing to do with it, both of which may create in its schema.</summary>
public abstract class NeighbourFixture
{
    protected string Application { get; } = $"application_{Guid.NewGuid():N}";

    protected string Neighbour { get; } = $"neighbour_{Guid.NewGuid():N}";

    protected TestDatabase Database { get; private set; } = null!;

    protected string OfApplication => Database.ConnectionStringOf(Application, "secret") + ";Pooling=false";

    [SetUp]
    public async Task CreateRolesAsync()
    {
        Database = await TestDatabase.CreateAsync();
        await Database.ExecuteAsync(
            $"""
            CREATE ROLE {Application} LOGIN PASSWORD 'secret';
            CREATE ROLE {Neighbour} LOGIN PASSWORD 'secret';
            GRANT CREATE, USAGE ON SCHEMA public TO {Application}, {Neighbour};
            """);
    }

    [TearDown]
    public async Task DropRolesAsync()
    {
        await Database.ExecuteAsync($"DROP OWNED BY {Application}, {Neighbour} CASCADE; DROP ROLE {Application}; DROP ROLE {Neighbour}");
        await Database.DisposeAsync();
    }

    protected async Task RefusesSuperusersAsync()
    {
        await using var node = CacheHost.Build(Database.ConnectionString);
        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains($"belongs to the role {Neighbour}"));
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", Database.ConnectionString)).Error, Does.Contain($"belongs to the role {Neighbour}"));
        await Assert.ThatAsync(
            () => Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains($"belongs to the role {Neighbour}"));
    }

    protected Task AsNeighbourAsync(string sql) => PostgresServer.ExecuteAsync(Database.ConnectionStringOf(Neighbour, "secret") + ";Pooling=false", sql);
}
