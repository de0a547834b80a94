using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Hybrid;

/// <summary>Takes out of an application's memory cache what the table does not hold any more under the same key.</summary>
internal sealed class MemoryEviction(ISolidCacheInvalidations invalidations, IMemoryCache memory, IOptions<PostgresSolidCacheOptions> options) : IHostedService
{
    private readonly KeySpace _keys = new(options.Value.KeyPrefix);
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

        // Nothing leads back from a hash to the key, which memory knows.
        if (memory is MemoryCache named && told.Keys.Where(static key => KeySpace.LooksHashed(key)).ToHashSet(StringComparer.Ordinal) is { Count: > 0 } hashed)
        {
            foreach (var key in named.Keys.OfType<string>().Where(key => hashed.Contains(_keys.NameOfKey(key))))
            {
                memory.Remove(key);
            }
        }
    }
}
