using Microsoft.Extensions.Options;
using SolidCache.Postgres;
using SolidCache.Postgres.FusionCache.Backplane;
using SolidCache.Postgres.FusionCache.Locking;
using ZiggyCreatures.Caching.Fusion;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Has a FusionCache use what PostgreSQL can do for it.</summary>
public static class SolidCacheFusionCacheBuilderExtensions
{
    /// <summary>
    /// Tells the other nodes what is set, removed or expired through the log of changes of the cache that <c>AddPostgresSolidCache</c> registers. A node that cannot reach the
    /// database is told when it can; one that could not for more than five minutes expires all that it remembers.
    /// </summary>
    /// <remarks>It switches the log on (<see cref="SolidCacheInvalidationOptions.Enabled"/>). It does not make the cache FusionCache's second level: <c>WithRegisteredDistributedCache()</c> does.</remarks>
    /// <param name="builder">The builder.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IFusionCacheBuilder WithPostgresSolidCacheBackplane(this IFusionCacheBuilder builder) =>
        WithBackplane(builder, Options.Options.DefaultName, serviceKey: null);

    /// <inheritdoc cref="WithPostgresSolidCacheBackplane(IFusionCacheBuilder)"/>
    /// <summary>The same on the cache that <c>AddKeyedPostgresSolidCache</c> registers under a key.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <exception cref="ArgumentException"><paramref name="serviceKey"/> is empty.</exception>
    public static IFusionCacheBuilder WithKeyedPostgresSolidCacheBackplane(this IFusionCacheBuilder builder, string serviceKey)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return WithBackplane(builder, serviceKey, serviceKey);
    }

    /// <summary>
    /// Has one caller of all nodes run the factory of a missing entry, by a lock on a row of the table of the cache that <c>AddPostgresSolidCache</c> registers. No connection is kept
    /// while it is held; that of a node that died ends by itself.
    /// </summary>
    /// <remarks>How long the others wait for it is <c>DistributedLockTimeout</c>, or else <c>LockTimeout</c>, of FusionCache's entry options: without either, for as long as the factory takes.</remarks>
    /// <param name="builder">The builder.</param>
    /// <param name="duration">How long the others leave it to a node of which nothing is heard: 100 milliseconds to an hour; null for 10 seconds. A factory may take longer.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is null.</exception>
    public static IFusionCacheBuilder WithPostgresSolidCacheDistributedLocker(this IFusionCacheBuilder builder, TimeSpan? duration = null) =>
        WithLocker(builder, serviceKey: null, duration);

    /// <inheritdoc cref="WithPostgresSolidCacheDistributedLocker(IFusionCacheBuilder, TimeSpan?)"/>
    /// <summary>The same on the cache that <c>AddKeyedPostgresSolidCache</c> registers under a key.</summary>
    /// <param name="builder">The builder.</param>
    /// <param name="serviceKey">The key; not empty.</param>
    /// <param name="duration">How long the others leave it to a node of which nothing is heard: 100 milliseconds to an hour; null for 10 seconds. A factory may take longer.</param>
    /// <exception cref="ArgumentException"><paramref name="serviceKey"/> is empty.</exception>
    public static IFusionCacheBuilder WithKeyedPostgresSolidCacheDistributedLocker(this IFusionCacheBuilder builder, string serviceKey, TimeSpan? duration = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        return WithLocker(builder, serviceKey, duration);
    }

    private static IFusionCacheBuilder WithLocker(IFusionCacheBuilder builder, string? serviceKey, TimeSpan? duration)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithDistributedLocker(provider => new PostgresDistributedLocker(provider.GetRequiredKeyedService<ISolidCacheLocks>(serviceKey), duration));
    }

    private static IFusionCacheBuilder WithBackplane(IFusionCacheBuilder builder, string name, string? serviceKey)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.Configure<PostgresSolidCacheOptions>(name, static options => options.Invalidation.Enabled = true);
        return builder.WithBackplane(provider => new PostgresBackplane(
            provider.GetRequiredKeyedService<ISolidCacheInvalidations>(serviceKey),
            () => provider.GetRequiredService<IFusionCacheProvider>().GetCache(builder.CacheName),
            provider.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().Get(name).OperationTimeout));
    }
}
