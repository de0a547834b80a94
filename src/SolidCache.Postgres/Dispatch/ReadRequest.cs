using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A read that waits for its batch.</summary>
internal sealed class ReadRequest(CacheKey key) : Request<ReadValue>
{
    public CacheKey Key => key;

    /// <summary>The next request for the same key in a batch, which is fetched once.</summary>
    public ReadRequest? Twin { get; set; }
}
