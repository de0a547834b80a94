using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Schema.Version1;

/// <summary>What the library of schema version 1 sent, on a connection of its own, where nothing may wait for a lock longer than told.</summary>
internal sealed class OldLibrary : IAsyncDisposable
{
    private static readonly Dictionary<string, string> Statements = File.ReadAllText(In("statements.sql"))
        .Split("-- ", StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(static part => part[..part.IndexOf('\n')], static part => part[part.IndexOf('\n')..]);

    /// <summary>In microseconds since 1970.</summary>
    private static readonly long Never = (long)(new DateTime(2999, 1, 1) - DateTime.UnixEpoch).TotalMicroseconds;

    private readonly NpgsqlConnection _connection;

    private OldLibrary(NpgsqlConnection connection) => _connection = connection;

    public static string SchemaScript => File.ReadAllText(In("schema.sql"));

    public static async Task<OldLibrary> ConnectAsync(TestDatabase database, string lockTimeout = "5s")
    {
        var library = new OldLibrary(await database.Source.OpenConnectionAsync());
        await using var command = new NpgsqlCommand($"SET lock_timeout = '{lockTimeout}'", library._connection);
        await command.ExecuteNonQueryAsync();
        return library;
    }

    public async Task<byte[]?> GetAsync(string key)
    {
        await using var command = Command("ReadMany", [(string[])[key]]);
        await using var rows = await command.ExecuteReaderAsync();
        return await rows.ReadAsync() ? await rows.GetFieldValueAsync<byte[]>(2) : null;
    }

    public Task SetAsync(string key, byte[] value) =>
        ExecuteAsync("SetMany", (string[])[key], (long[])[0], (long[])[(long)TimeSpan.FromMinutes(20).TotalMicroseconds], (byte[][])[value], Never, false, "100", Never);

    public Task TouchAsync(string key) => ExecuteAsync("Touch", [(string[])[key]]);

    public Task RemoveAsync(string key) => ExecuteAsync("Remove", (string[])[key], Never, "100");

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private static string In(string file) => Path.Combine(RepositoryRoot.Path, "tests/SolidCache.Postgres.IntegrationTests/Schema/Version1", file);

    private async Task ExecuteAsync(string name, params object[] arguments)
    {
        await using var command = Command(name, arguments);
        await command.ExecuteNonQueryAsync();
    }

    private NpgsqlCommand Command(string name, params object[] arguments)
    {
        var command = new NpgsqlCommand(Statements[name], _connection);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new() { Value = argument });
        }

        return command;
    }
}
