using Npgsql;

namespace AuthService.Settings;

/// <summary>Reads and writes settings in the database.</summary>
internal sealed class SettingStore(NpgsqlDataSource database)
{
    private const string List =
        """
        SELECT name, value, updated_at
        FROM auth.settings
        ORDER BY name
        """;

    private const string Update =
        """
        UPDATE auth.settings
        SET value = $2,
            updated_at = now()
        WHERE name = $1
        """;

    public async Task<Setting[]> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(List);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var settings = new List<Setting>();
        while (await rows.ReadAsync(cancellationToken))
        {
            settings.Add(new Setting(rows.GetString(0), rows.GetString(1), rows.GetDateTime(2)));
        }

        return [.. settings];
    }

    /// <returns>Whether there is such a setting.</returns>
    public async Task<bool> UpdateAsync(string name, string value, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Update);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}
