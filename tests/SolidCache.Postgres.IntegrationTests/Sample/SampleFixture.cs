using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Sample;

/// <summary>The sample service on a database of the fixture, with an empty cache before each test.</summary>
public abstract class SampleFixture
{
    protected TestDatabase Database { get; private set; } = null!;

    protected SampleService Service { get; private set; } = null!;

    protected HttpClient Anonymous { get; private set; } = null!;

    protected HttpClient Admin { get; private set; } = null!;

    protected HttpClient Alice { get; private set; } = null!;

    [OneTimeSetUp]
    public async Task StartServiceAsync()
    {
        Database = await TestDatabase.CreateAsync();
        Service = new SampleService(Database.ConnectionString);
        Anonymous = Service.CreateClient();
        Admin = await Service.SignInAsAdminAsync();
        Alice = await Service.SignInAsAliceAsync();
        await Eventually.TrueAsync(
            async () => await CountEntriesAsync("roles") + await CountEntriesAsync("settings") == 2, "the service has warmed its cache");
    }

    [SetUp]
    public Task EmptyCacheAsync() => Database.ExecuteAsync("DELETE FROM solid_cache_entries");

    [OneTimeTearDown]
    public async Task StopServiceAsync()
    {
        Anonymous.Dispose();
        Admin.Dispose();
        Alice.Dispose();
        await Service.DisposeAsync();
        await Database.DisposeAsync();
    }

    protected Task ExpireAsync(string key) =>
        Database.ExecuteAsync($"UPDATE solid_cache_entries SET expires_at = now() - interval '1 second' WHERE key = '{Service.StoredKey(key)}'");

    protected Task<long> CountEntriesAsync(string key) =>
        Database.ScalarAsync<long>($"SELECT count(*) FROM solid_cache_entries WHERE key = '{Service.StoredKey(key)}'");
}
