using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using ZiggyCreatures.Caching.Fusion.Locking.Distributed;

namespace SolidCache.Postgres.FusionCache.Locking;

/// <summary>One run of a factory in all nodes: FusionCache's locks on leases of rows.</summary>
/// <param name="locks">Of the cache.</param>
/// <param name="duration">How long others leave it to a holder of whom nothing is heard; null for the default.</param>
internal sealed class PostgresDistributedLocker(ISolidCacheLocks locks, TimeSpan? duration) : IFusionCacheDistributedLocker
{
    public async ValueTask<object?> AcquireLockAsync(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName, TimeSpan timeout, ILogger? logger, CancellationToken token) =>
        await locks.TryAcquireAsync(lockName, timeout, duration, token).ConfigureAwait(false);

    public object? AcquireLock(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName, TimeSpan timeout, ILogger? logger, CancellationToken token) =>
        locks.TryAcquire(lockName, timeout, duration, token);

    public ValueTask ReleaseLockAsync(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName, object? lockObj, ILogger? logger, CancellationToken token) =>
        lockObj is ISolidCacheLock held ? held.DisposeAsync() : ValueTask.CompletedTask;

    public void ReleaseLock(
        string cacheName, string cacheInstanceId, string operationId, string key, string lockName, object? lockObj, ILogger? logger, CancellationToken token) =>
        (lockObj as ISolidCacheLock)?.Dispose();

    [SuppressMessage("Performance", "CA1822", Justification = "FusionCache's interface has it. The locks are the container's.")]
    public void Dispose()
    {
        // Nothing of its own.
    }
}
