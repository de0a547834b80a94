using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres;

/// <summary>The schema of the cache, for those who run their own migrations.</summary>
public static class PostgresSolidCacheSchema
{
    /// <summary>Gets the version that this library leads to and works with.</summary>
    public static int Version => Migration.All[^1].Version;

    /// <summary>
    /// Composes the SQL script that creates the schema of a cache, or upgrades it. It is one transaction and may run again
    /// without harm; it refuses a schema that is newer than itself.
    /// </summary>
    /// <param name="schemaName">The schema; see <see cref="PostgresSolidCacheOptions.SchemaName"/>.</param>
    /// <param name="tableName">The table; see <see cref="PostgresSolidCacheOptions.TableName"/>.</param>
    /// <param name="unloggedTable">Whether the table is made <c>UNLOGGED</c>; see <see cref="PostgresSolidCacheOptions.UnloggedTable"/>.</param>
    /// <param name="ownTransaction">Whether it begins and commits its transaction; false for a tool that runs it in one of its own, as Entity Framework does.</param>
    /// <returns>A script for <c>psql -v ON_ERROR_STOP=1 -v ON_ERROR_ROLLBACK=off</c>, or any migration tool that ends with the first error.</returns>
    /// <exception cref="ArgumentNullException">One of the names is null.</exception>
    /// <exception cref="ArgumentException">One of the names cannot be used.</exception>
    public static string GetScript(
        string schemaName = TableName.DefaultSchema, string tableName = TableName.DefaultTable, bool unloggedTable = false, bool ownTransaction = true)
    {
        ArgumentNullException.ThrowIfNull(schemaName);
        ArgumentNullException.ThrowIfNull(tableName);
        return SchemaScript.Compose(new SqlNames(new TableName(schemaName, tableName)), Migration.All, unloggedTable, ownTransaction);
    }

    /// <summary>Composes the SQL script that drops all that <see cref="GetScript"/> makes for a cache, but for the schema. It may run again without harm.</summary>
    /// <param name="schemaName">The schema; see <see cref="PostgresSolidCacheOptions.SchemaName"/>.</param>
    /// <param name="tableName">The table; see <see cref="PostgresSolidCacheOptions.TableName"/>.</param>
    /// <returns>A script of statements without a transaction of their own.</returns>
    /// <exception cref="ArgumentNullException">One of the names is null.</exception>
    /// <exception cref="ArgumentException">One of the names cannot be used.</exception>
    public static string GetDropScript(string schemaName = TableName.DefaultSchema, string tableName = TableName.DefaultTable)
    {
        ArgumentNullException.ThrowIfNull(schemaName);
        ArgumentNullException.ThrowIfNull(tableName);
        return SchemaScript.Drop(new SqlNames(new TableName(schemaName, tableName)));
    }
}
