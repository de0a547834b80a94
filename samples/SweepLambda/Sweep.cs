using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Npgsql;

namespace SweepLambda;

/// <summary>Calls the cache's own function for it. <c>SWEEP_FUNCTION</c> names another than the default table's.</summary>
internal sealed class Sweep : IAsyncDisposable
{
    /// <summary>With an argument of a type that only the tables' owner may use, so that nobody else's function of that name fits the call.</summary>
    private const string DefaultCall = "public.cleanup_expired_cache(NULL::public.solid_cache_count)";
    private readonly NpgsqlDataSource _database;
    private readonly string _sql;

    private Sweep(NpgsqlDataSource database, string call) => (_database, _sql) = (database, $"SELECT {call}");

    /// <exception cref="InvalidOperationException">There is no connection string, or none that can be read; it is not shown.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "It belongs to what is returned.")]
    public static Sweep FromEnvironment()
    {
        var connectionString = Environment.GetEnvironmentVariable("DATABASE_CONNECTION_STRING");
        if (string.IsNullOrEmpty(connectionString))
        {
            throw new InvalidOperationException("DATABASE_CONNECTION_STRING is not set: it takes an Npgsql connection string.");
        }

        try
        {
            // Nothing that somebody made in a schema of the role's own search_path is called.
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = "pg_catalog, pg_temp" };
            return new Sweep(
                new NpgsqlSlimDataSourceBuilder(settings.ConnectionString).EnableTransportSecurity().Build(),
                Environment.GetEnvironmentVariable("SWEEP_FUNCTION") is { Length: > 0 } function ? $"{function}()" : DefaultCall);
        }
        catch (ArgumentException)
        {
            throw new InvalidOperationException("DATABASE_CONNECTION_STRING is no connection string of Npgsql.");
        }
    }

    /// <returns>The answer of the function, as JSON.</returns>
    public async Task<string> RunAsync(CancellationToken cancellationToken)
    {
        await using var command = _database.CreateCommand(_sql);
        var deleted = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        Console.WriteLine($"cache_cleanup_executed - deleted_count={deleted.ToString(CultureInfo.InvariantCulture)}");
        return $$"""{"deleted_count":{{deleted.ToString(CultureInfo.InvariantCulture)}}}""";
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}
