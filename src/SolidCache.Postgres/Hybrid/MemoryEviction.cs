using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Hosting;

namespace SolidCache.Postgres.Hybrid;

/// <summary>Takes out of an application's memory cache what the table does not hold any more under the same key.</summary>
internal sealed class MemoryEviction(ISolidCacheInvalidations invalidations, IMemoryCache memory) : IHostedService
{
    private IDisposable? _subscription;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = invalidations.Subscribe(Evict);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _subscription?.Dispose();
        return Task.CompletedTask;
    }

    private void Evict(SolidCacheInvalidation told)
    {
        if (told.IsEverything && memory is MemoryCache all)
        {
            all.Clear();
        }

        foreach (var key in told.Keys)
        {
            memory.Remove(key);
        }
    }
}
