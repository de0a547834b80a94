using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;
using Npgsql;
using SolidCache.Postgres;

namespace AuthService.Database;

/// <summary>One data source, for the service's own statements and for the cache.</summary>
internal static class DatabaseRegistration
{
    /// <summary>The name of the data source, and of its pool in the metrics.</summary>
    public const string PoolName = "auth-service";

    /// <summary>Where the connection string says nothing else. Nobody waits for long for a sign-in; in seconds.</summary>
    private const string Patience = "Timeout=5;Command Timeout=10";

    [SuppressMessage("Reliability", "CA2000", Justification = "The host disposes the container, the rule does not follow it there.")]
    public static async Task AddDatabaseAsync(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        if (builder.Configuration.GetConnectionString("Postgres") is { Length: > 0 } connectionString)
        {
            var settings = Parse(connectionString);
            services.AddSingleton(_ => Build(settings));
        }
        else
        {
            var container = await DevelopmentContainer.StartAsync(builder.Environment);
            // Through factories, so that the host disposes both when it stops, the container last.
            services.AddSingleton(_ => container);
            services.AddSingleton(provider => Build(Parse(provider.GetRequiredService<DevelopmentContainer>().ConnectionString)));
        }

        services.AddSingleton<DemoPasswords>();
        services.AddSingleton<DatabaseInitializer>();
        services.AddHostedService(static provider => provider.GetRequiredService<DatabaseInitializer>());
    }

    private static NpgsqlConnectionStringBuilder Parse(string connectionString)
    {
        try
        {
            // The cache's own rule: servers repeat users and databases in messages, which this service logs, and where a semicolon is missing the password is in one.
            using var rule = new ServiceCollection().AddPostgresSolidCache(options => options.ConnectionString = connectionString).BuildServiceProvider();
            _ = rule.GetRequiredService<IOptions<PostgresSolidCacheOptions>>().Value;
            return new NpgsqlConnectionStringBuilder($"{Patience};{connectionString}");
        }
        catch (Exception error) when (error is ArgumentException or OptionsValidationException)
        {
            // It holds a password, so neither its text nor the parser's words are shown; the cache's words hold nothing of it.
            throw new SetupException(
                $"ConnectionStrings__Postgres is no connection string of Npgsql; it looks like Host=...;Username=...;Password=...;Database=... {(error as OptionsValidationException)?.Message}".TrimEnd(), error);
        }
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings)
    {
        settings.ApplicationName ??= PoolName;
        // Whoever may create a function or an operator in a schema of the path runs it as this service, whose own statements name their schema.
        settings.SearchPath = "pg_catalog, pg_temp";
        return new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = PoolName }.Build();
    }
}
