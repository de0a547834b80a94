using System.Data.Common;
using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace SolidCache.Postgres.EntityFrameworkCore.Invalidation;

/// <summary>Tells each context's <see cref="UnitOfWork"/> what Entity Framework does. Shared by all contexts of the same options.</summary>
internal sealed class InvalidationInterceptor(InvalidationRules rules, CacheChoice cache) : ISaveChangesInterceptor, IDbCommandInterceptor, IDbTransactionInterceptor
{
    private readonly ConditionalWeakTable<DbContext, UnitOfWork> _units = [];

    public InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Completed(Of(eventData)?.BeginSaveAsync(async: false, CancellationToken.None));
        return result;
    }

    public async ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await (Of(eventData)?.BeginSaveAsync(async: true, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        return result;
    }

    public InterceptionResult<DbCommand> CommandCreating(CommandCorrelatedEventData eventData, InterceptionResult<DbCommand> result)
    {
        if (eventData.CommandSource == CommandSource.SaveChanges)
        {
            Of(eventData)?.LookAtChanges();
        }

        return result;
    }

    public int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Completed(Of(eventData)?.EndSaveAsync(async: false, CancellationToken.None));
        return result;
    }

    public async ValueTask<int> SavedChangesAsync(SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        await (Of(eventData)?.EndSaveAsync(async: true, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        return result;
    }

    public void SaveChangesFailed(DbContextErrorEventData eventData) =>
        Completed(Of(eventData)?.FailSaveAsync(eventData.Exception, async: false));

    public async Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default) =>
        await (Of(eventData)?.FailSaveAsync(eventData.Exception, async: true) ?? Task.CompletedTask).ConfigureAwait(false);

    public void SaveChangesCanceled(DbContextEventData eventData) => Completed(Of(eventData)?.FailSaveAsync(error: null, async: false));

    public async Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default) =>
        await (Of(eventData)?.FailSaveAsync(error: null, async: true) ?? Task.CompletedTask).ConfigureAwait(false);

    public DbTransaction TransactionStarted(DbConnection connection, TransactionEndEventData eventData, DbTransaction result)
    {
        Of(eventData)?.BeginTransaction(eventData.TransactionId);
        return result;
    }

    public ValueTask<DbTransaction> TransactionStartedAsync(
        DbConnection connection, TransactionEndEventData eventData, DbTransaction result, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult(TransactionStarted(connection, eventData, result));

    public InterceptionResult TransactionCommitting(DbTransaction transaction, TransactionEventData eventData, InterceptionResult result)
    {
        Completed(Of(eventData)?.CommitAsync(transaction, eventData.TransactionId, async: false, CancellationToken.None));
        return result;
    }

    public async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction, TransactionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        await (Of(eventData)?.CommitAsync(transaction, eventData.TransactionId, async: true, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
        return result;
    }

    private UnitOfWork? Of(DbContextEventData eventData) =>
        eventData.Context is { } context ? _units.GetValue(context, key => new UnitOfWork(key, rules, cache)) : null;

    private static void Completed(Task? called) => called?.GetAwaiter().GetResult();
}
