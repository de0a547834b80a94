using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Transactions;

/// <summary>What tells the cache's database from any other that has a cache of the same name: a random number in the state row. A copy of the database has the same.</summary>
internal sealed class CacheIdentity(SideWork work, TransactionStatements statements, TableName table)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private volatile string? _known;

    public ValueTask<string> GetAsync(bool async, CancellationToken cancellationToken) =>
        _known is { } known ? ValueTask.FromResult(known) : GetAnewAsync(async, cancellationToken);

    public async ValueTask<string> GetAnewAsync(bool async, CancellationToken cancellationToken)
    {
        try
        {
            return _known = (async ? await work.RunAsync(Read, cancellationToken).ConfigureAwait(false) : work.Run(Patience, Read))
                ?? throw new SolidCacheException($"The state row of the cache {table} is missing.") { IsTransient = true };
        }
        catch (Outage outage)
        {
            outage.ThrowCause();
            throw;
        }
    }

    private string? Read(Session session) => session.QueryFirst(static rows => rows.Text(0), statements.Identity);
}
