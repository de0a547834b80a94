using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.EntityFrameworkCore.Migrations.Operations.Builders;
using SolidCache.Postgres;

namespace Microsoft.EntityFrameworkCore.Migrations;

/// <summary>The cache's tables in a migration.</summary>
public static class SolidCacheMigrationBuilderExtensions
{
    /// <summary>Creates the tables of a cache, or upgrades them to what this version of the library needs: call it again in a new migration after an update.</summary>
    /// <param name="migrationBuilder">The migration's.</param>
    /// <param name="schema">See <see cref="PostgresSolidCacheOptions.SchemaName"/>; it is created where it is missing.</param>
    /// <param name="table">See <see cref="PostgresSolidCacheOptions.TableName"/>.</param>
    /// <param name="unlogged">See <see cref="PostgresSolidCacheOptions.UnloggedTable"/>.</param>
    /// <returns>A builder to annotate the operation.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">One of the names cannot be used.</exception>
    public static OperationBuilder<SqlOperation> CreateSolidCache(
        this MigrationBuilder migrationBuilder, string schema = "public", string table = "solid_cache_entries", bool unlogged = false)
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        return migrationBuilder.Sql(PostgresSolidCacheSchema.GetScript(schema, table, unlogged, ownTransaction: false));
    }

    /// <summary>Drops the tables of a cache and all else that <see cref="CreateSolidCache"/> made, but for the schema.</summary>
    /// <param name="migrationBuilder">The migration's.</param>
    /// <param name="schema">See <see cref="PostgresSolidCacheOptions.SchemaName"/>.</param>
    /// <param name="table">See <see cref="PostgresSolidCacheOptions.TableName"/>.</param>
    /// <returns>A builder to annotate the operation.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">One of the names cannot be used.</exception>
    public static OperationBuilder<SqlOperation> DropSolidCache(
        this MigrationBuilder migrationBuilder, string schema = "public", string table = "solid_cache_entries")
    {
        ArgumentNullException.ThrowIfNull(migrationBuilder);
        return migrationBuilder.Sql(PostgresSolidCacheSchema.GetDropScript(schema, table));
    }
}
