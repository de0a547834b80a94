using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Session;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hosting;

/// <summary>What an application sees of the data sources that its caches make for themselves.</summary>
public sealed class OwnDataSources
{
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task The_statements_of_a_cache_are_not_in_the_applications_log()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await node.Cache.SetAsync("logged", [1], new());
        await node.Cache.GetAsync("logged");

        Assert.That(node.Logs.GetSnapshot().Where(record => record.Category!.StartsWith("Npgsql", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task On_a_registered_one_a_filter_keeps_them_out_as_the_page_says([Values] bool isFiltered)
    {
        await using var node = await CacheHost.StartAsync(
            "",
            options => options.ConnectionString = null,
            services => services.AddNpgsqlDataSource(_database.ConnectionString).AddLogging(logging => logging.AddFilter("Npgsql.Command", isFiltered ? LogLevel.Warning : LogLevel.Information)));
        await node.Cache.SetAsync("logged", [1], new());
        await node.Cache.GetAsync("logged");

        Assert.That(node.Logs.GetSnapshot().Where(record => record.Category == "Npgsql.Command").Any(), Is.Not.EqualTo(isFiltered));
    }

    [Test]
    public async Task Each_cache_has_a_pool_of_its_own_name()
    {
        var names = new ConcurrentBag<string?>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == "Npgsql")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, _, tags, _) => Note(tags));
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Note(tags));
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) => Note(tags));
        listener.Start();
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services
            .AddKeyedPostgresSolidCache("reports", options => (options.ConnectionString, options.KeyPrefix) = (_database.ConnectionString, "reports")));
        await node.Cache.GetAsync("a");
        await node.Services.GetRequiredKeyedService<IDistributedCache>("reports").GetAsync("a");
        listener.RecordObservableInstruments();

        Assert.That(names, Does.Contain("SolidCache.Postgres").And.Contain("SolidCache.Postgres:reports"));

        void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var (_, value) in tags)
            {
                names.Add(value as string);
            }
        }
    }

    /// <summary>The session asks for the unkeyed cache; the guide's bridge gives it a keyed one.</summary>
    [Test]
    public async Task Sessions_can_live_in_a_keyed_cache()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString, configureServices: services => services
            .AddSession()
            .AddKeyedPostgresSolidCache("sessions", options => (options.ConnectionString, options.TableName) = (_database.ConnectionString, "session_entries"))
            .AddSingleton<ISessionStore>(provider => new DistributedSessionStore(
                provider.GetRequiredKeyedService<IDistributedCache>("sessions"), provider.GetRequiredService<ILoggerFactory>())));
        var session = node.Services.GetRequiredService<ISessionStore>().Create("id", TimeSpan.FromMinutes(20), TimeSpan.FromMinutes(1), static () => true, isNewSessionKey: true);
        await session.LoadAsync();
        session.Set("name", [1]);
        await session.CommitAsync();

        Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM session_entries"), Is.EqualTo(1));
    }
}
