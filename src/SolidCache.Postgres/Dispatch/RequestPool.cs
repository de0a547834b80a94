using System.Collections.Concurrent;

namespace SolidCache.Postgres.Dispatch;

/// <summary>Requests that have served a call and wait for another.</summary>
/// <typeparam name="T">The requests.</typeparam>
/// <param name="create">Makes one that comes back to the pool.</param>
internal sealed class RequestPool<T>(Func<RequestPool<T>, T> create)
    where T : class
{
    private const int MaxKept = 1_024;
    private readonly ConcurrentQueue<T> _free = new();
    private int _kept;

    public T Rent()
    {
        if (!_free.TryDequeue(out var request))
        {
            return create(this);
        }

        Interlocked.Decrement(ref _kept);
        return request;
    }

    public void Return(T request)
    {
        if (Interlocked.Increment(ref _kept) > MaxKept)
        {
            Interlocked.Decrement(ref _kept);
            return;
        }

        _free.Enqueue(request);
    }
}
