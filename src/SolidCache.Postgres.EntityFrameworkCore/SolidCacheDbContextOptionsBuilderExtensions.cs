using SolidCache.Postgres.EntityFrameworkCore;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Adds the cache's invalidation to a context.</summary>
public static class SolidCacheDbContextOptionsBuilderExtensions
{
    /// <summary>Removes from the cache what was made of the entities that <c>SaveChanges</c> adds, changes or deletes, in the same transaction and right before its commit.</summary>
    /// <remarks>
    /// <para>
    /// The context's <c>SaveChanges</c> always runs in a transaction (<see cref="AutoTransactionBehavior.Always"/>, whatever was set). Of a transaction that
    /// <c>BeginTransaction</c> began, everything is removed at once before its commit; in one that <c>UseTransaction</c> was told, or of a <c>TransactionScope</c>, at the end of each <c>SaveChanges</c>.
    /// </para>
    /// <para>Called again, it adds to what was said before, as for a second cache.</para>
    /// </remarks>
    /// <param name="options">The context's options; its provider is Npgsql.</param>
    /// <param name="configure">Says what to remove for which entities.</param>
    /// <returns><paramref name="options"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static DbContextOptionsBuilder UseSolidCacheInvalidation(this DbContextOptionsBuilder options, Action<SolidCacheInvalidationBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(configure);
        var builder = new SolidCacheInvalidationBuilder();
        configure(builder);
        return options.AddInterceptors(builder.Build());
    }

    /// <inheritdoc cref="UseSolidCacheInvalidation(DbContextOptionsBuilder, Action{SolidCacheInvalidationBuilder})"/>
    /// <typeparam name="TContext">The context.</typeparam>
    public static DbContextOptionsBuilder<TContext> UseSolidCacheInvalidation<TContext>(
        this DbContextOptionsBuilder<TContext> options, Action<SolidCacheInvalidationBuilder> configure)
        where TContext : DbContext
    {
        UseSolidCacheInvalidation((DbContextOptionsBuilder)options, configure);
        return options;
    }
}
