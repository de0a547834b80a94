using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A read that waits for its batch.</summary>
internal sealed class ReadRequest : Request<ReadValue>, ILinked<ReadRequest>
{
    private readonly RequestPool<ReadRequest> _pool;

    private ReadRequest(RequestPool<ReadRequest> pool) => _pool = pool;

    public CacheKey Key { get; private set; }

    public ReadKind Kind { get; private set; }

    /// <summary>Gets or sets a value indicating whether a touch that is due is to be written.</summary>
    public bool Slides { get; set; }

    /// <summary>Gets or sets what is asked of a lease.</summary>
    public LeaseTerms? Terms { get; set; }

    /// <summary>Gets or sets the queue that it waits in; null once it was taken.</summary>
    public ReadQueue? Queue { get; set; }

    public ReadRequest? Previous { get; set; }

    public ReadRequest? Next { get; set; }

    /// <summary>The next request for the same key in a batch, which is fetched once.</summary>
    public ReadRequest? Twin { get; set; }

    public static RequestPool<ReadRequest> NewPool() => new(static pool => new(pool));

    public static ReadRequest Of(CacheKey key, ReadKind kind, long began, RequestPool<ReadRequest> pool)
    {
        var request = pool.Rent();
        (request.Key, request.Kind) = (key, kind);
        request.Begin(began);
        return request;
    }

    protected override void Withdraw() => Queue?.Withdraw(this);

    protected override void Recycle()
    {
        (Key, Slides, Terms, Twin) = (default, false, null, null);
        _pool.Return(this);
    }
}
