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

    /// <summary>
    /// The rows of a statement of the tool's own, whose names are looked up in pg_catalog alone: whoever runs the tool is often a superuser, and others may have
    /// functions in his search_path. The setting is of the statement's transaction, so that a pooler hands it to nobody else.
    /// </summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(Func<NpgsqlDataReader, T> read, string sql, string[] parameters, CancellationToken cancellationToken)
    {
        await using var dataSource = OpenDataSource();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "/* solid_cache:tool_path */ SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)";
        await command.ExecuteNonQueryAsync(cancellationToken);
        command.CommandText = sql;
        command.Parameters.AddRange(parameters.Select(static parameter => new NpgsqlParameter<string> { TypedValue = parameter }).ToArray());
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var results = new List<T>();
        while (await rows.ReadAsync(cancellationToken))
        {
            results.Add(read(rows));
        }

        return results;
    }

    /// <summary>For statements of the tool's own.</summary>
    public NpgsqlDataSource OpenDataSource()
    {
        var builder = new NpgsqlDataSourceBuilder(ConnectionUri.Read(ConnectionString))
        {
            // Whatever PGCLIENTENCODING says.
            ConnectionStringBuilder = { Encoding = "UTF8", ClientEncoding = "UTF8" },
        };
        // Npgsql's question for the types of the database would come before any setting.
        builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
        return builder.Build();
    }

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
