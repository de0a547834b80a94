using System.Data;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Schema;

/// <summary>Runs the migrations that a database lacks, in one transaction under a lock, so that many nodes may start at once.</summary>
internal sealed class SchemaMigrator(SqlNames names, IReadOnlyList<Migration> migrations, bool unloggedTable, Log log)
{
    /// <exception cref="SolidCacheException">The role may not create what is missing.</exception>
    public async ValueTask RunAsync(Session session, CancellationToken cancellationToken)
    {
        // Not the default isolation of the database: after the wait for the lock, the version must be read afresh.
        var transaction = await session.Connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, session.Async, cancellationToken)
            .ConfigureAwait(false);
        try
        {
            await session.Unbounded(SchemaScript.Lock(names)).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            await RunPendingAsync(session, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(session.Async, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new SolidCacheException(
                $"The role may not create the schema of the cache {names.Table}: {error.MessageText}. {ConfigurationErrors.HowToUpgrade(names.Table)}",
                error);
        }
        finally
        {
            await transaction.DisposeAsync(session.Async).ConfigureAwait(false);
        }
    }

    private async ValueTask RunPendingAsync(Session session, CancellationToken cancellationToken)
    {
        var version = await ReadVersionAsync(session, cancellationToken).ConfigureAwait(false);
        foreach (var migration in migrations.Where(migration => migration.Version > version))
        {
            await session.Unbounded(migration.For(names, unloggedTable)).ExecuteAsync(cancellationToken).ConfigureAwait(false);
            log.SchemaMigrated(names.Table, migration.Version);
        }
    }

    /// <summary>Asks the catalog first: a query on a missing table would abort the transaction.</summary>
    private async ValueTask<int> ReadVersionAsync(Session session, CancellationToken cancellationToken)
    {
        var exists = session.Planned(
            $"/* solid_cache:schema_exists */ SELECT to_regclass({SqlNames.Literal(names.State)}) IS NOT NULL AND to_regclass({SqlNames.Literal(names.Entries)}) IS NOT NULL");
        var rows = await exists.QueryAsync(cancellationToken).ConfigureAwait(false);
        await using (rows.ConfigureAwait(false))
        {
            await rows.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (!rows.Bool(0))
            {
                return 0;
            }
        }

        return (await SchemaVersion.ReadAsync(session, names, cancellationToken).ConfigureAwait(false)).Version;
    }
}
