using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample.Browser;

/// <summary>The sample on a port that a browser can reach.</summary>
internal sealed class BrowserService : IAsyncDisposable
{
    private BrowserService(TestDatabase database, SampleService service) => (Database, Service) = (database, service);

    public TestDatabase Database { get; }

    public SampleService Service { get; }

    public string Address => Service.ClientOptions.BaseAddress.ToString().TrimEnd('/');

    public static async Task<BrowserService> StartAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var service = new SampleService(database.ConnectionString);
        service.UseKestrel(0);
        service.StartServer();
        return new BrowserService(database, service);
    }

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await Database.DisposeAsync();
    }
}
