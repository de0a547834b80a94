using Npgsql;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Sql;

/// <summary>The server's errors that do not pass by themselves, and what to do about each.</summary>
internal static class ConfigurationErrors
{
    /// <summary>What to do, or null when the error is not one of configuration.</summary>
    public static string? Explain(PostgresException error, TableName table) => error.SqlState switch
    {
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.UndefinedColumn =>
            Missing(table),
        PostgresErrorCodes.InsufficientPrivilege =>
            $"The role lacks a right on the cache {table}: {error.MessageText}. As the table's owner run: {Grants(table)}",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"PostgreSQL refused the login of the cache {table}: {error.MessageText}. Check user name and password of its connection string or data source.",
        PostgresErrorCodes.InvalidCatalogName =>
            $"The database of the cache {table} does not exist: {error.MessageText}. Create it, or correct the connection string.",
        _ => null,
    };

    public static string Missing(TableName table) =>
        $"The tables of the cache {table} are not there, or not as the library made them. {HowToUpgrade(table)}";

    public static string HowToUpgrade(TableName table) =>
        $"Either let the library do it when it starts next, with a role that may and {nameof(PostgresSolidCacheOptions.CreateSchemaIfNotExists)} = true, "
        + $"or run the script of {nameof(PostgresSolidCacheSchema)}.{nameof(PostgresSolidCacheSchema.GetScript)}(\"{table.Schema}\", \"{table.Table}\") as the tables' owner.";

    private static string Grants(TableName table)
    {
        var names = new SqlNames(table);
        return $"GRANT USAGE ON SCHEMA {names.Schema} TO <role>; GRANT SELECT, INSERT, UPDATE, DELETE ON {names.Entries}, {names.State} TO <role>;";
    }
}
