using System.CommandLine;

namespace SolidCache.Postgres.Tool.Connecting;

/// <summary>Where the cache is: options that every command has.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _connectionString = Recursive<string?>(
        "--connection-string",
        "Npgsql connection string. Default: ConnectionStrings__SolidCache, then the user secret ConnectionStrings:SolidCache. A password in it is seen by everybody "
        + "who may list the processes of this machine (ps): leave it to one of those, or to PGPASSWORD or PGPASSFILE.");

    private readonly Option<string?> _userSecrets = Recursive<string?>(
        "--user-secrets", "Id of the user secrets. Default: that of the project in the current folder.");

    private readonly Option<string> _schema = Recursive("--schema", "Schema of the table.", "public");
    private readonly Option<string> _table = Recursive("--table", "Name of the table.", "solid_cache_entries");
    private readonly Option<string?> _keyPrefix = Recursive<string?>("--key-prefix", "KeyPrefix of the application whose keys are meant. Default: none.");

    public void AddTo(Command root)
    {
        foreach (var option in (Option[])[_connectionString, _userSecrets, _schema, _table, _keyPrefix])
        {
            root.Options.Add(option);
        }
    }

    public ConnectionTarget Read(ParseResult parsed) => new(
        ConnectionStringSource.Find(parsed.GetValue(_connectionString), parsed.GetValue(_userSecrets)),
        parsed.GetValue(_schema)!,
        parsed.GetValue(_table)!,
        parsed.GetValue(_keyPrefix));

    /// <summary>For what needs no server.</summary>
    public (string Schema, string Table) ReadNames(ParseResult parsed) => (parsed.GetValue(_schema)!, parsed.GetValue(_table)!);

    private static Option<T> Recursive<T>(string name, string description) => new(name) { Description = description, Recursive = true };

    private static Option<string> Recursive(string name, string description, string value) =>
        new(name) { Description = description, Recursive = true, DefaultValueFactory = _ => value };
}
