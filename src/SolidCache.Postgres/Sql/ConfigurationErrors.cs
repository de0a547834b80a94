using System.Net.Sockets;
using Npgsql;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>The errors that do not pass by themselves, and what to do about each.</summary>
internal static class ConfigurationErrors
{
    /// <summary>Of the state's table, all that a role of the application's need write: with the others it could record a version that no node works with.</summary>
    private const string ColumnsOfSweeps = "sweep_holder, sweep_lease_ends_at, sweep_next_block, sweep_file, sweep_deleted, last_sweep_finished_at, last_sweep_deleted";

    /// <summary>What to do about <see cref="IsWithoutTls"/>.</summary>
    public const string HowToHaveTls =
        "The server answers, and has no TLS, which SSL Mode in the connection string or data source asks for: turn it on there (ssl = on), or, where nobody can listen on the way, set SSL Mode=Prefer or Disable.";

    /// <summary>Whether a server without TLS was asked for it; the driver has no type and no code for it. Nothing but the question was sent.</summary>
    public static bool IsWithoutTls(Exception error) =>
        error is NpgsqlException and not PostgresException && error.Message.StartsWith("SSL connection requested.", StringComparison.Ordinal);

    /// <summary>What to do, or null when the error is not one of configuration.</summary>
    public static string? Explain(Exception error, TableName table) => error switch
    {
        PostgresException server => Explain(server, table),
        _ when ServerErrors.IsOfCertificates(error) => Distrust(error, table),
        _ => null,
    };

    /// <summary>What is not an error for ever, since names come and go, but most often one of configuration: the connection string names a host that nobody knows.</summary>
    public static SolidCacheException UnknownHost(Exception error, string connectionString, TableName table)
    {
        var target = new NpgsqlConnectionStringBuilder(connectionString);
        return new SolidCacheException(
            $"The host of the cache {table} has no address: {(ConnectionValues.AreHosts(target.Host) ? target.Host : "(not shown: it is more than a name; the parts of a connection string are parted by semicolons)")}, port {target.Port} ({error.Message}). Check Host in its connection string or data source, or the names that are known here.",
            error)
        {
            IsTransient = true,
        };
    }

    /// <summary>The driver waited in vain for a connection of the pool; see <see cref="ServerErrors.IsPoolExhausted"/>.</summary>
    public static TimeoutException PoolExhausted(Exception error, string connectionString, TableName table) =>
        new(
            $"Others held all {new NpgsqlConnectionStringBuilder(connectionString).MaxPoolSize} connections of the pool that the cache {table} takes its from. Give them back before the cache is asked, "
            + "raise Maximum Pool Size, or give the cache a connection string of its own, and with it a pool.",
            error);

    /// <summary>What the server's own words leave out about an error that passes, but often only when somebody does something about it; null for the others.</summary>
    public static string? Advice(Exception error) => error switch
    {
        _ when ServerErrors.IsRaisedByCode(error) => null,
        _ when IsWithoutTls(error) => HowToHaveTls,
        NpgsqlException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } =>
            "No server listens there: start it, or correct Host and Port in the cache's connection string or data source.",
        PostgresException { SqlState: PostgresErrorCodes.TooManyConnections } =>
            "pg_stat_activity shows who has the connections: lower their Maximum Pool Size, or raise max_connections, or the CONNECTION LIMIT of the role or the database if that is named here.",
        // PostgreSQL's function that looks at the database of a new session.
        PostgresException { SqlState: PostgresErrorCodes.ObjectNotInPrerequisiteState, Routine: "CheckMyDatabase" } =>
            "As the database's owner run ALTER DATABASE .. ALLOW_CONNECTIONS true, or correct the connection string.",
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } =>
            "If the server is a standby, let Host name the primary, or all servers, among which it is found; else look at default_transaction_read_only of the role, the database and the server. "
            + $"A cache that is to read only has {nameof(PostgresSolidCacheOptions.ReadOnly)} = true.",
        _ => null,
    };

    public static string Missing(TableName table) =>
        $"The tables of the cache {table} are not there, or not as the library made them. {HowToUpgrade(table)}";

    public static string Missing(TableName table, string what) =>
        $"The table {what} of the cache {table} is not there. {HowToUpgrade(table)}";

    /// <summary>The state table is there and empty, as after a restore without rows, or a TRUNCATE of all tables.</summary>
    public static string MissingRow(SqlNames names, int version) =>
        $"The row of {names.State}, which records the version of the schema of the cache {names.Table}, is not there. "
        + $"If the tables are those of this version of the library, run: INSERT INTO {names.State} (schema_version, minimum_library_version) VALUES ({version}, {version}); Else: "
        + HowToUpgrade(names.Table);

    public static string HowToUpgrade(TableName table) =>
        $"Either let the library do it, at its start or within moments while it runs, with a role that may and {nameof(PostgresSolidCacheOptions.CreateSchemaIfNotExists)} = true, "
        + $"or run the script of {nameof(PostgresSolidCacheSchema)}.{nameof(PostgresSolidCacheSchema.GetScript)}(\"{table.Schema}\", \"{table.Table}\") as the tables' owner.";

    private static string? Explain(PostgresException error, TableName table) => error.SqlState switch
    {
        _ when ServerErrors.IsOfSchema(error) => Missing(table),
        // PostgreSQL's function that checks a row against a policy; the message is in the language of the server's.
        PostgresErrorCodes.InsufficientPrivilege when error.Routine is "ExecWithCheckOptions" =>
            $"Row-level security of the cache {table} refuses the role's rows: {error.MessageText}. As the table's owner run: {DisableRowSecurity(table)}",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The role lacks a right on the cache {table}: {error.MessageText}. {HowToGrant(error, table)}",
        // The name of the file is the same in every language of the server's.
        PostgresErrorCodes.InvalidAuthorizationSpecification when error.MessageText.Contains("pg_hba.conf", StringComparison.Ordinal) =>
            $"PostgreSQL does not let the cache {table} in from where it comes: {error.MessageText}. Hold host, user name and database of its connection string or "
            + "data source against pg_hba.conf. If it says that there is no encryption, the server wants TLS: set SSL Mode=VerifyFull.",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"PostgreSQL refused the login of the cache {table}: {error.MessageText}. Check user name and password of its connection string or data source.",
        PostgresErrorCodes.InvalidCatalogName =>
            $"The database of the cache {table} does not exist: {error.MessageText}. Create it, or correct the connection string.",
        _ => null,
    };

    private static string Distrust(Exception error, TableName table) =>
        $"The cache {table} has no connection by TLS: it does not trust its server's certificate, or cannot use a file that its connection string names: "
        + $"{(error is NpgsqlException ? error.InnerException! : error).Message} Set Root Certificate in the connection string to a file with the certificate of the authority that issued the server's, "
        + "unless the system trusts that authority; SSL Certificate and SSL Key, where the server wants one of the client, to files that can be read, the key's with its SSL Password. The server's has to be "
        + "valid today. With SSL Mode=VerifyFull, Host has to be a name in the server's certificate.";

    private static string DisableRowSecurity(TableName table) => $"ALTER TABLE {new SqlNames(table).Entries} DISABLE ROW LEVEL SECURITY;";

    private static string HowToGrant(PostgresException error, TableName table) => error.MessageText switch
    {
        // Where default privileges keep functions from everybody. The name is the same in every language of the server's.
        var said when said.Contains(table.Function("is_fresh"), StringComparison.Ordinal) => $"As the function's owner run: {GrantOfFunction(table)}",
        // PostgreSQL's own, or one that somebody's trigger calls.
        var said when said.Contains("for function", StringComparison.Ordinal) => "As the function's owner, or as a superuser, GRANT the role EXECUTE on it.",
        _ => $"As the table's owner run: {Grants(table)}",
    };

    private static string GrantOfFunction(TableName table)
    {
        var names = new SqlNames(table);
        return $"GRANT EXECUTE ON FUNCTION {names.Function("is_fresh")}(text[], pg_snapshot, {names.CountType}) TO <role>;";
    }

    private static string Grants(TableName table)
    {
        var names = new SqlNames(table);
        return $"GRANT USAGE ON SCHEMA {names.Schema} TO <role>; GRANT SELECT, INSERT, UPDATE, DELETE ON {names.Entries}, {names.TagRemovals}, {names.Invalidations} TO <role>; "
            + $"GRANT SELECT, UPDATE ({ColumnsOfSweeps}) ON {names.State} TO <role>;";
    }
}
