using System.Threading.Tasks.Sources;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A call that waits to be executed together with others. It ends once: with its result, its error, or its caller's cancellation.</summary>
/// <remarks>
/// Two hold it: its caller, until he takes the answer, and the queue with its executor, until they have given one. When both have let
/// go it serves another call, so that a call under load allocates nothing.
/// </remarks>
/// <typeparam name="T">The result.</typeparam>
internal abstract class Request<T> : IValueTaskSource<T>, IValueTaskSource
{
    private const int Holders = 2;
    private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private int _ended;
    private int _holders = Holders;

    /// <summary>Whether the caller has its answer already, so that the request need not be executed.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Gets or sets when the call began, by the timestamps of the time provider.</summary>
    public long Began { get; set; }

    /// <summary>The caller's end of it. Call once, and await the result once: that lets go of the request.</summary>
    public ValueTask<T> WaitAsync(CancellationToken cancellationToken)
    {
        CancelWith(cancellationToken);
        return new ValueTask<T>(this, _source.Version);
    }

    /// <summary>The same for a caller who only wants to know that it ended well.</summary>
    public ValueTask WhenDoneAsync(CancellationToken cancellationToken)
    {
        CancelWith(cancellationToken);
        return new ValueTask(this, _source.Version);
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

    /// <summary>One of its two holders lets go and may not touch it again.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
        {
            return;
        }

        _source.Reset();
        (_registration, _cancellation, _ended, _holders) = (default, default, 0, Holders);
        Recycle();
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    T IValueTaskSource<T>.GetResult(short token) => TakeAnswer(token);

    void IValueTaskSource.GetResult(short token) => TakeAnswer(token);

    /// <summary>Makes itself ready for another call.</summary>
    protected abstract void Recycle();

    private T TakeAnswer(short token)
    {
        // Waits for a cancellation under way, which would otherwise meet the next call.
        _registration.Dispose();
        try
        {
            return _source.GetResult(token);
        }
        finally
        {
            Release();
        }
    }

    private void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static state => ((Request<T>)state!).Cancel(), this);
        }
    }

    private void Cancel() => Fail(new OperationCanceledException(_cancellation));
}
