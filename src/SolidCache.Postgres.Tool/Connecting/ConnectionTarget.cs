using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SolidCache.Postgres.DependencyInjection;

namespace SolidCache.Postgres.Tool.Connecting;

/// <summary>A cache that a command works on. The connection string is never printed.</summary>
internal sealed record ConnectionTarget(string ConnectionString, string Schema, string Table, string? KeyPrefix)
{
    /// <summary>A migration waits for another that is under way, for up to a minute.</summary>
    private static readonly TimeSpan ToMigrate = TimeSpan.FromSeconds(75);

    /// <summary>Keeps the connection string out of messages and logs.</summary>
    public override string ToString() => $"{Schema}.{Table}";

    /// <summary>
    /// Where a key is looked for that was not found as an application's: it may have been copied from the table, with the prefix of the application before it.
    /// </summary>
    /// <returns>Null when it cannot have been, or the prefix was given.</returns>
    public (ConnectionTarget Target, string Key)? AsStored(string key) =>
        KeyPrefix is null && StoredKey.Read(key) is { } stored ? (this with { KeyPrefix = stored.Prefix }, stored.Key) : null;

    /// <summary>For statements of the tool's own, in UTF-8 whatever PGCLIENTENCODING says.</summary>
    public NpgsqlDataSource OpenDataSource() =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionUri.Read(ConnectionString)) { Encoding = "UTF8", ClientEncoding = "UTF8" });

    /// <summary>The cache as an application would register it, without its hosted services.</summary>
    /// <exception cref="OptionsValidationException">A name or the connection string cannot be used.</exception>
    public ServiceProvider Open(bool createSchema = false, bool unlogged = false) =>
        new ServiceCollection()
            .AddPostgresSolidCache(options =>
            {
                options.ConnectionString = ConnectionString;
                options.SchemaName = Schema;
                options.TableName = Table;
                options.KeyPrefix = KeyPrefix;
                options.CreateSchemaIfNotExists = createSchema;
                options.UnloggedTable = unlogged;
                // Which it is is the application's affair, unless somebody asks for it.
                options.TakesEitherTable = !unlogged;
                options.OperationTimeout = createSchema ? ToMigrate : options.OperationTimeout;
                options.Coalescing = false;
            })
            .BuildServiceProvider();
}
