using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Runs the migrations that a database lacks, in one transaction under a lock, so that many nodes may start at once.</summary>
internal sealed class SchemaMigrator(SqlNames names, IReadOnlyList<Migration> migrations, bool unloggedTable, Log log)
{
    /// <exception cref="SolidCacheException">The role may not create what is missing.</exception>
    public void Run(Session session)
    {
        try
        {
            session.InTransaction(() =>
            {
                session.Execute(SchemaScript.Lock(names));
                RunPending(session);
            });
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SolidCacheException(
                $"The role may not create the schema of the cache {names.Table}: {error.MessageText}. {ConfigurationErrors.HowToUpgrade(names.Table)}",
                error);
        }
    }

    private void RunPending(Session session)
    {
        var version = ReadVersion(session);
        foreach (var migration in migrations.Where(migration => migration.Version > version))
        {
            session.ExecuteScript(migration.For(names, unloggedTable));
            log.SchemaMigrated(names.Table, migration.Version);
        }
    }

    /// <summary>Asks the catalog first: a query on a missing table would abort the transaction.</summary>
    private int ReadVersion(Session session)
    {
        var exists = session.QueryOne(
            static rows => rows.Bool(0),
            $"/* solid_cache:schema_exists */ SELECT to_regclass({SqlNames.Literal(names.State)}) IS NOT NULL AND to_regclass({SqlNames.Literal(names.Entries)}) IS NOT NULL");
        return exists ? SchemaVersion.Read(session, names).Version : 0;
    }
}
