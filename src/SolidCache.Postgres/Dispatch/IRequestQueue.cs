namespace SolidCache.Postgres.Dispatch;

/// <summary>Where calls wait to be executed together.</summary>
/// <typeparam name="TRequest">The calls.</typeparam>
internal interface IRequestQueue<in TRequest>
{
    /// <exception cref="SolidCacheException">Too much waits already.</exception>
    void Add(TRequest request);
}
