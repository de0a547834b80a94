using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// The password of the connection string, keys and values are in no log, exception, measurement, span or health report: neither where all goes
/// well nor where anything goes wrong.
/// </summary>
[Category(OneServer.Category)]
[TestFixture(true)]
[TestFixture(false)]
public sealed class SecretsStayOut(bool coalescing)
{
    private const string Password = "pass-Zq4x";
    private const string Key = "key-Zq4x";
    private static readonly byte[] Value = "value-Zq4x"u8.ToArray();
    private static readonly DistributedCacheEntryOptions Sliding = new() { SlidingExpiration = TimeSpan.FromMinutes(1) };
    private readonly string _role = $"secretive_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;
    private Eavesdropper _ear = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync($"CREATE ROLE {_role} LOGIN PASSWORD '{Password}'; CREATE SCHEMA cache AUTHORIZATION {_role}");
        _ear = new Eavesdropper();
    }

    [TearDown]
    public async Task StopAsync()
    {
        _ear.Dispose();
        await _database.ExecuteAsync($"DROP OWNED BY {_role} CASCADE; DROP ROLE {_role}");
        await _database.DisposeAsync();
    }

    [Test]
    public async Task When_all_goes_well()
    {
        await RunAsync(ConnectionString, _ => Task.CompletedTask);

        Assert.That(_ear.Heard, Does.Contain("solid_cache.hits").And.Contain("solid_cache.get").And.Contain("schema_migrated"), "The ear hears nothing.");
    }

    [Test]
    public async Task When_the_server_refuses_a_row() => await FailsAsync(
        "ALTER TABLE cache.solid_cache_entries ADD CONSTRAINT refused CHECK (key NOT LIKE 'key%') NOT VALID", "23514");

    /// <summary>A rule that the page names, and the proof that the ear would hear.</summary>
    [Test]
    public async Task Unless_the_connection_string_asks_for_the_servers_details()
    {
        await ListenAsync(
            ConnectionString + ";Include Error Detail=true",
            _ => _database.ExecuteAsync("ALTER TABLE cache.solid_cache_entries ADD CONSTRAINT refused CHECK (key NOT LIKE 'key%') NOT VALID"));

        Assert.That(_ear.Heard, Does.Contain(Key).And.Not.Contain(Password));
    }

    [Test]
    public async Task When_a_right_is_lacking() => await FailsAsync($"ALTER TABLE cache.solid_cache_entries OWNER TO CURRENT_USER; REVOKE ALL ON cache.solid_cache_entries FROM {_role}", "GRANT USAGE");

    [Test]
    public async Task When_the_table_is_gone() => await FailsAsync("DROP TABLE cache.solid_cache_entries", "are not there");

    [Test]
    public async Task When_a_type_does_not_fit() => await FailsAsync(
        "TRUNCATE cache.solid_cache_entries; ALTER TABLE cache.solid_cache_entries ALTER key TYPE bigint USING 1", "error.type=42");

    [Test]
    public async Task When_a_statement_takes_too_long() => await FailsAsync("ALTER ROLE {0} SET statement_timeout = 200; ALTER ROLE {0} SET lock_timeout = 100", "55P03", lockTable: true);

    [Test]
    public async Task When_the_password_is_wrong()
    {
        if (await _database.ScalarAsync<long>("SELECT count(*) FROM pg_hba_file_rules WHERE auth_method = 'trust' AND type = 'host'") == 0)
        {
            await RunAsync(_database.ConnectionStringOf(_role, Password + "-wrong"), _ => Task.CompletedTask);
            Assert.That(_ear.Heard, Does.Contain("refused the login"));
        }

        await RunAsync(_database.ConnectionStringOf(_role + "-nobody", Password), _ => Task.CompletedTask);
        Assert.That(_ear.Heard, Does.Contain("error.type=28"));
    }

    /// <summary>Of the application's own data source, which nobody refuses; the server repeats user, database and settings.</summary>
    [TestCase("Username={0} Password=pass-Zq4x;Password=x")]
    [TestCase("Username='{0};pass-Zq4x';Password=x")]
    [TestCase("Username={0}:pass-Zq4x@127.0.0.1;Password=x")]
    [TestCase("Username={0} password: pass-Zq4x;Password=x")]
    [TestCase("Username={0};Password=pass-Zq4x;Database=none SslPassword=pass-Zq4x")]
    [TestCase("Username={0};Password=pass-Zq4x;Search Path=public Password=pass-Zq4x")]
    public async Task When_a_data_source_has_the_password_in_another_value(string settings)
    {
        var server = new NpgsqlConnectionStringBuilder(_database.ConnectionString);
        // One without a name has its connection string for one in Npgsql's metrics.
        await using var source = new NpgsqlDataSourceBuilder($"Host={server.Host};Port={server.Port};Database={server.Database};{string.Format(null, settings, _role)}") { Name = "shop" }.Build();
        await RunAsync(null, _ => Task.CompletedTask, services => services.AddSingleton(source));

        Assert.That(_ear.Heard, Does.Contain("it repeats a value of the connection string that may hold more than itself"));
    }

    [TestCase("Host=127.0.0.1;Port=1")]
    [TestCase("Host=/nowhere")]
    public async Task When_nobody_answers(string host)
    {
        await RunAsync($"{host};Username={_role};Password={Password};Timeout=2", _ => Task.CompletedTask);

        Assert.That(_ear.Heard, Does.Contain("schema_unchecked"));
    }

    [Test]
    public async Task When_the_arguments_are_wrong()
    {
        await RunAsync(ConnectionString, async cache =>
        {
            var inThePast = new DistributedCacheEntryOptions { AbsoluteExpiration = DateTimeOffset.UnixEpoch };
            await TryAsync(() => cache.SetAsync(Key, Value, inThePast));
            await TryAsync(() => cache.SetAsync(Key, [.. Value, .. new byte[5_000]], Sliding));
            await TryAsync(() => cache.RemoveByPatternAsync(Key + "\\"));
            await TryAsync(() => cache.GetJsonAsync<int>(Key));
        });

        Assert.That(_ear.Heard, Does.Contain("must be in the future").And.Contain("MaxValueBytes allows").And.Contain("A pattern may not").And.Contain("JsonException"));
    }

    [Test]
    public async Task In_what_other_sessions_see_of_the_statements()
    {
        await RunAsync(ConnectionString, async _ =>
            _ear.Hear(await _database.ScalarAsync<string>("SELECT string_agg(query, E'\\n') FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")));

        Assert.That(_ear.Heard, Does.Contain("/* solid_cache:"));
    }

    private string ConnectionString => _database.ConnectionStringOf(_role, Password);

    private async Task FailsAsync(string breakage, string said, bool lockTable = false)
    {
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(
            ConnectionString,
            async _ =>
            {
                await _database.ExecuteAsync(string.Format(null, breakage, _role));
                await using var locked = new NpgsqlCommand(lockTable ? "LOCK TABLE cache.solid_cache_entries" : "SELECT 1", connection);
                await locked.ExecuteNonQueryAsync();
                if (lockTable)
                {
                    await _database.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{_role}'");
                }
            });

        Assert.That(_ear.Heard, Does.Contain(said));
    }

    /// <summary>Runs every verb, then again once something has happened, and hears what is said.</summary>
    private async Task ListenAsync(string? connectionString, Func<ISolidCache, Task> happens, Action<IServiceCollection>? configureServices = null)
    {
        await using var host = await CacheHost.StartAsync(
            connectionString!,
            options => (options.SchemaName, options.Coalescing, options.MaxValueBytes, options.OperationTimeout, options.SweepExpiredEntries) = ("cache", coalescing, 4_000, TimeSpan.FromSeconds(3), true),
            services =>
            {
                services.AddLogging(logging => logging.AddProvider(_ear).SetMinimumLevel(LogLevel.Trace));
                services.AddHealthChecks().AddPostgresSolidCache();
                configureServices?.Invoke(services);
            });
        _ear.Listen(host.Services.GetRequiredService<IMeterFactory>());
        await CallAllAsync(host);
        await happens(host.Cache);
        await CallAllAsync(host);
    }

    private async Task RunAsync(string? connectionString, Func<ISolidCache, Task> happens, Action<IServiceCollection>? configureServices = null)
    {
        await ListenAsync(connectionString, happens, configureServices);
        foreach (var secret in (string[])["Zq4x", Convert.ToBase64String(Value)[..8], Convert.ToHexString(Value.AsSpan(6)), Convert.ToHexStringLower(Value.AsSpan(6))])
        {
            Assert.That(_ear.Heard, Does.Not.Contain(secret));
        }
    }

    private async Task CallAllAsync(CacheHost host)
    {
        var cache = host.Cache;
        await TryAsync(() => Task.WhenAll(Enumerable.Range(0, 5).Select(number => cache.SetAsync(Key + number, Value, Sliding))));
        await TryAsync(() => Task.Run(() => cache.Set(Key, Value, Sliding)));
        await TryAsync(() => Task.WhenAll(Enumerable.Range(0, 5).Select(number => cache.GetAsync(Key + number))));
        await TryAsync(() => Task.Run(() => cache.Get(Key)));
        await TryAsync(() => cache.RefreshAsync(Key));
        await TryAsync(() => cache.GetTimeToLiveAsync(Key));
        await TryAsync(() => cache.RemoveAsync(Key + 1));
        await TryAsync(() => cache.RemoveByPrefixAsync(Key + 2));
        await TryAsync(() => cache.RemoveByPatternAsync($"%{Key}3"));
        await TryAsync(() => cache.RemoveExpiredAsync());
        _ear.Measure();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        foreach (var entry in report.Entries.Values)
        {
            _ear.Hear($"{entry.Status} {entry.Description} {string.Join(' ', entry.Data.Select(one => $"{one.Key}={one.Value}"))}");
            _ear.Hear(entry.Exception);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever is thrown is listened to.")]
    private async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception error)
        {
            _ear.Hear(error);
        }
    }
}
