using Npgsql;

namespace AuthService.Database;

/// <summary>The .sql files beside this one, which are embedded in the assembly.</summary>
internal static class SqlScript
{
    public static NpgsqlCommand Command(string name, NpgsqlConnection connection)
    {
        using var stream = typeof(SqlScript).Assembly.GetManifestResourceStream(name)
            ?? throw new ArgumentException($"There is no script {name}.", nameof(name));
        using var reader = new StreamReader(stream);
        return new NpgsqlCommand(reader.ReadToEnd(), connection);
    }
}
