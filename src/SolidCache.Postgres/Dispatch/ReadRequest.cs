using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A read that waits for its batch.</summary>
internal sealed class ReadRequest : Request<ReadValue>
{
    private readonly RequestPool<ReadRequest> _pool;

    private ReadRequest(RequestPool<ReadRequest> pool) => _pool = pool;

    public CacheKey Key { get; private set; }

    /// <summary>The next request for the same key in a batch, which is fetched once.</summary>
    public ReadRequest? Twin { get; set; }

    public static RequestPool<ReadRequest> NewPool() => new(static pool => new(pool));

    public static ReadRequest Of(CacheKey key, RequestPool<ReadRequest> pool)
    {
        var request = pool.Rent();
        request.Key = key;
        return request;
    }

    protected override void Recycle()
    {
        (Key, Twin) = (default, null);
        _pool.Return(this);
    }
}
