using System.Threading.Tasks.Sources;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A call that waits to be executed together with others. It ends once: with its result, its error, or its caller's cancellation.</summary>
/// <typeparam name="T">The result.</typeparam>
internal abstract class Request<T> : IValueTaskSource<T>
{
    private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private int _ended;

    /// <summary>Whether the caller has its answer already, so that the request need not be executed.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>The caller's end of it. Call once.</summary>
    public ValueTask<T> WaitAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static state => ((Request<T>)state!).Cancel(), this);
        }

        return new ValueTask<T>(this, _source.Version);
    }

    /// <returns>False when the caller is gone: the result is then the executor's to clean up.</returns>
    public bool Complete(T result)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        _source.SetResult(result);
        return true;
    }

    public void Fail(Exception error)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _source.SetException(error);
        }
    }

    T IValueTaskSource<T>.GetResult(short token)
    {
        _registration.Dispose();
        return _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Cancel() => Fail(new OperationCanceledException(_cancellation));
}
