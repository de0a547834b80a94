using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Documentation;

/// <summary>docs/configuration.md quotes what is read after the usual mistakes.</summary>
[Category(OneServer.Category)]
public sealed class MistakesTable
{
    private static readonly string[] Mistakes =
    [
        "a host that nobody knows", "a port where no server is", "a wrong password", "a database that is not there", "an empty connection string", "an option that is misspelt",
        "a duration without a unit", "a role without rights", "a table of somebody else", "a health check whose cache is not registered",
    ];

    private static readonly Dictionary<string, (string Where, string Told)> Page = Regex
        .Matches(File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs/configuration.md")), @"^\| (an? .+?) \| (log|start|each check) \| `(.+)` \|$", RegexOptions.Multiline)
        .ToDictionary(row => row.Groups[1].Value, row => (row.Groups[2].Value, row.Groups[3].Value));

    private readonly string _role = $"newcomer_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync($"CREATE ROLE {_role} LOGIN PASSWORD 'secret'; {PostgresSolidCacheSchema.GetScript()}");
    }

    [OneTimeTearDown]
    public async Task DropDatabaseAsync()
    {
        await _database.ExecuteAsync($"DROP ROLE {_role}");
        await _database.DisposeAsync();
    }

    [TestCaseSource(nameof(Mistakes))]
    public async Task The_page_quotes_what_is_read(string mistake)
    {
        var (where, told) = await MakeAsync(mistake);

        Assert.That(where, Is.EqualTo(Page[mistake].Where));
        Assert.That(told, Does.Match($"^{Regex.Escape(Page[mistake].Told).Replace("…", ".+", StringComparison.Ordinal)}$"));
    }

    [Test]
    public void Every_mistake_of_the_page_is_made() => Assert.That(Page.Keys, Is.EquivalentTo(Mistakes));

    private Task<(string Where, string Told)> MakeAsync(string mistake) => mistake switch
    {
        "a host that nobody knows" => LoggedAsync("Host=db.invalid;Username=app"),
        "a port where no server is" => LoggedAsync("Host=127.0.0.1;Port=1;Username=app"),
        "a wrong password" => LoggedAsync(_database.ConnectionStringOf(_role, "wrong")),
        "a database that is not there" => LoggedAsync(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Database = "shop" }.ConnectionString),
        "an empty connection string" => RefusedAsync(options => options.ConnectionString = ""),
        "an option that is misspelt" => RefusedAsync(new("SolidCache:SweepIntervall", "00:10:00")),
        "a duration without a unit" => RefusedAsync(new("SolidCache:SweepInterval", "5")),
        "a role without rights" => LoggedAsync(_database.ConnectionStringOf(_role, "secret")),
        "a table of somebody else" => OfSomebodyElseAsync(),
        _ => CheckedAsync(),
    };

    private static async Task<(string Where, string Told)> LoggedAsync(string connectionString)
    {
        await using var node = await CacheHost.StartAsync(connectionString);
        await Eventually.LoggedAsync(node, "schema_unchecked");
        var told = node.Logs.GetSnapshot().First(record => record.Id.Name == "schema_unchecked").GetStructuredStateValue("Reason")!;
        Assert.That((await Assert.CatchAsync(() => node.Cache.GetAsync("key")))!.Message, Is.EqualTo(told));
        return ("log", told);
    }

    private Task<(string Where, string Told)> RefusedAsync(KeyValuePair<string, string?> setting)
    {
        var section = new ConfigurationBuilder().AddInMemoryCollection([setting]).Build().GetSection("SolidCache");
        return RefusedAsync(configureServices: services => services.AddPostgresSolidCache(section));
    }

    private async Task<(string Where, string Told)> RefusedAsync(Action<PostgresSolidCacheOptions>? configure = null, Action<IServiceCollection>? configureServices = null)
    {
        await using var node = CacheHost.Build(_database.ConnectionString, configure, configureServices);
        return ("start", (await Assert.CatchAsync(node.StartAsync))!.Message);
    }

    private async Task<(string Where, string Told)> OfSomebodyElseAsync()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE TABLE solid_cache_entries (id bigint)");
        return await RefusedAsync(options => options.ConnectionString = database.ConnectionString);
    }

    private static async Task<(string Where, string Told)> CheckedAsync()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddHealthChecks().AddPostgresSolidCache();
        await using var provider = services.BuildServiceProvider();
        return ("each check", (await Assert.CatchAsync(() => provider.GetRequiredService<HealthCheckService>().CheckHealthAsync()))!.Message);
    }
}
