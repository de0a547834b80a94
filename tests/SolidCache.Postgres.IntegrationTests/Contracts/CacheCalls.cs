using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;

namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>The verbs of <see cref="IDistributedCache"/> as a contract calls them, either way.</summary>
public abstract class CacheCalls(ISolidCache cache)
{
    protected ISolidCache Cache { get; } = cache;

    public abstract Task<byte[]?> GetAsync(string key);

    public abstract Task<bool> TryGetAsync(string key, IBufferWriter<byte> destination);

    public abstract Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options);

    public abstract Task SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options);

    public abstract Task RefreshAsync(string key);

    public abstract Task RemoveAsync(string key);

    public static CacheCalls Of(Calling calling, ISolidCache cache) => calling is Calling.Sync or Calling.SyncDirect ? new SyncCalls(cache) : new AsyncCalls(cache);

    private sealed class AsyncCalls(ISolidCache cache) : CacheCalls(cache)
    {
        public override Task<byte[]?> GetAsync(string key) => Cache.GetAsync(key);

        public override Task<bool> TryGetAsync(string key, IBufferWriter<byte> destination) => Cache.TryGetAsync(key, destination).AsTask();

        public override Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options) => Cache.SetAsync(key, value, options);

        public override Task SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) =>
            Cache.SetAsync(key, value, options).AsTask();

        public override Task RefreshAsync(string key) => Cache.RefreshAsync(key);

        public override Task RemoveAsync(string key) => Cache.RemoveAsync(key);
    }

    private sealed class SyncCalls(ISolidCache cache) : CacheCalls(cache)
    {
        public override Task<byte[]?> GetAsync(string key) => Blocking(() => Cache.Get(key));

        public override Task<bool> TryGetAsync(string key, IBufferWriter<byte> destination) => Blocking(() => Cache.TryGet(key, destination));

        public override Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options) =>
            Blocking(() => Cache.Set(key, value, options));

        public override Task SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) =>
            Blocking(() => Cache.Set(key, value, options));

        public override Task RefreshAsync(string key) => Blocking(() => Cache.Refresh(key));

        public override Task RemoveAsync(string key) => Blocking(() => Cache.Remove(key));

        /// <summary>On a thread of its own, so that concurrent contracts stay concurrent.</summary>
        private static Task<T> Blocking<T>(Func<T> call) =>
            Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        private static Task Blocking(Action call) =>
            Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }
}
