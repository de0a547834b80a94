using Npgsql;
using Testcontainers.PostgreSql;

[assembly: Parallelizable(ParallelScope.Fixtures)]
[assembly: LevelOfParallelism(4)]

namespace SolidCache.Postgres.IntegrationTests;

/// <summary>
/// The server that all tests share: the one of the environment variable, else a container of the Docker engine. Without either, the
/// run fails and says what to start; nothing is skipped.
/// </summary>
[SetUpFixture]
public sealed class PostgresServer
{
    public const string Variable = "SOLIDCACHE_TEST_POSTGRES";
    private const string MajorVariable = "SOLIDCACHE_TEST_POSTGRES_MAJOR";
    private static PostgreSqlContainer? _container;

    /// <summary>The connection string of a superuser.</summary>
    public static string ConnectionString { get; private set; } = "";

    /// <summary>Creates a database of its own for a fixture, so that no test sees another's tables.</summary>
    public static async Task<string> CreateDatabaseAsync()
    {
        var name = $"cache_{Guid.NewGuid():N}";
        await OnServerAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name, MaxPoolSize = 40 }.ConnectionString;
    }

    public static async Task DropDatabaseAsync(string connectionString)
    {
        await using (var connection = new NpgsqlConnection(connectionString))
        {
            NpgsqlConnection.ClearPool(connection);
        }

        var name = new NpgsqlConnectionStringBuilder(connectionString).Database;
        await OnServerAsync($"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    }

    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    public static async Task<T> ScalarAsync<T>(string connectionString, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var command = source.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } configured)
        {
            ConnectionString = configured;
            return;
        }

        try
        {
            _container = new PostgreSqlBuilder($"postgres:{Environment.GetEnvironmentVariable(MajorVariable) ?? "18"}")
                .WithCommand("-c", "max_connections=200")
                .Build();
            await _container.StartAsync();
            ConnectionString = _container.GetConnectionString();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new InvalidOperationException(
                $"These tests need PostgreSQL. Run ./test.sh, which finds or installs one; or start Docker; or set {Variable} to the "
                + "connection string of a superuser.",
                error);
        }
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_container is not null)
        {
            await _container.DisposeAsync();
        }
    }

    /// <remarks>By the driver's pool: a source of its own would load the server's types anew for each of a thousand databases.</remarks>
    private static async Task OnServerAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
