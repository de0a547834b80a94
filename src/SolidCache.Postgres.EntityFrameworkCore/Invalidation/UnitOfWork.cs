using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>What one context has changed, and when that is removed: at the latest moment at which it is still part of the transaction.</summary>
internal sealed class UnitOfWork(DbContext context, InvalidationRules rules, CacheChoice cache)
{
    /// <summary>Of the transaction that the context began last.</summary>
    private readonly Removals _pending = new();
    private Guid _begunTransaction;

    /// <summary>Of the save under way, or null before its first command.</summary>
    private ChangedEntities? _changes;
    private bool _areRemoved;

    public async Task BeginSaveAsync(bool async, CancellationToken cancellationToken)
    {
        // There is one still if another interceptor, who was told of its end before us, saves again.
        await EndSaveAsync(async, cancellationToken).ConfigureAwait(false);

        // A single command would be sent without a transaction. For good: whoever restored it could do so in the middle of an outer save.
        context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Always;
    }

    /// <summary>Before a command of a save: other interceptors have changed what they wanted to, cascades are known, and nothing is accepted yet. Once, also if it is tried again.</summary>
    public void LookAtChanges() => _changes ??= new ChangedEntities(context.ChangeTracker, rules);

    public void BeginTransaction(Guid transactionId)
    {
        _begunTransaction = transactionId;
        _pending.Clear();
    }

    /// <summary>Of a transaction that EF began, for one save or for several.</summary>
    public async Task CommitAsync(DbTransaction transaction, Guid transactionId, bool async, CancellationToken cancellationToken)
    {
        if (transactionId != _begunTransaction)
        {
            return;
        }

        _changes?.AddTo(_pending);
        await _pending.ExecuteAsync(() => cache.For(context).InTransaction(transaction), async, cancellationToken).ConfigureAwait(false);
        _areRemoved = true;
    }

    public async Task EndSaveAsync(bool async, CancellationToken cancellationToken)
    {
        var (changes, areRemoved) = (_changes, _areRemoved);
        ForgetSave();
        if (changes is null || areRemoved)
        {
            return;
        }

        if (context.Database.CurrentTransaction is { } begun && begun.TransactionId == _begunTransaction)
        {
            changes.AddTo(_pending);
            return;
        }

        // Nobody tells us of the commit of a transaction that the application began by itself.
        var removals = new Removals();
        changes.AddTo(removals);
        if (!removals.IsEmpty)
        {
            await RemoveNowAsync(removals, async, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// EF undoes what a save did that failed in a transaction of its own, and PostgreSQL aborts the transaction, up to a savepoint, at any error that it finds. What EF, the driver or
    /// a cancellation ends may leave changes behind that the application can commit: without a savepoint, and with one where the cancellation ends the way back to it, too.
    /// </summary>
    /// <param name="error">Null for a cancellation.</param>
    /// <param name="async">Whether not to block.</param>
    public async Task FailSaveAsync(Exception? error, bool async)
    {
        var database = context.Database;
        if ((database.CurrentTransaction is not null || (database.GetEnlistedTransaction() ?? Transaction.Current) is not null) && !IsServers(error))
        {
            try
            {
                await EndSaveAsync(async, CancellationToken.None).ConfigureAwait(false);
            }
            catch (PostgresException aborted) when (aborted.SqlState == PostgresErrorCodes.InFailedSqlTransaction)
            {
                // The cancellation had reached the server: nothing can be committed any more.
            }
        }

        ForgetSave();
    }

    private void ForgetSave() => (_changes, _areRemoved) = (null, false);

    private static bool IsServers(Exception? error) => error is NpgsqlException || (error is not null && IsServers(error.InnerException));

    private async Task RemoveNowAsync(Removals removals, bool async, CancellationToken cancellationToken)
    {
        var database = context.Database;
        if (database.CurrentTransaction is { } used)
        {
            await removals.ExecuteAsync(() => cache.For(context).InTransaction(used.GetDbTransaction()), async, cancellationToken).ConfigureAwait(false);
            return;
        }

        // In a TransactionScope: opened again, the connection is the one that takes part in it.
        if (async)
        {
            await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            Open();
        }

        try
        {
            await removals.ExecuteAsync(() => cache.For(context).InTransactionOf(database.GetDbConnection()), async, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Blocks on nothing: the scope keeps the connection.
            Close();
        }
    }

    private void Open() => context.Database.OpenConnection();

    private void Close() => context.Database.CloseConnection();
}
