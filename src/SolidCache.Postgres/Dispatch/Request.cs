using System.Threading.Tasks.Sources;

namespace SolidCache.Postgres.Dispatch;

/// <summary>A call that waits to be executed together with others. It ends once: with its result, its error, or its caller's cancellation.</summary>
/// <remarks>
/// Two hold it: its caller, until he takes the answer, and the queue with its executor, until they have given one. When both have let
/// go it serves another call, so that a call under load allocates nothing.
/// </remarks>
/// <typeparam name="T">The result.</typeparam>
internal abstract class Request<T> : IValueTaskSource<T>
{
    private const int Holders = 2;
    private readonly object _signal = new();
    private ManualResetValueTaskSourceCore<T> _source = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellation;
    private bool _blocks;
    private int _ended;
    private int _holders = Holders;

    /// <summary>Whether the caller has its answer already, so that the request need not be executed.</summary>
    public bool HasEnded => Volatile.Read(ref _ended) != 0;

    /// <summary>Gets the timestamp at which the call began, from which its time is counted.</summary>
    public long Began { get; private set; }

    /// <summary>Gets or sets a value indicating whether the caller's thread blocks until the answer is there, instead of awaiting it.</summary>
    public bool Blocks
    {
        get => _blocks;
        set => _blocks = value;
    }

    /// <summary>The caller's end of it; call once the queue has it, and await the result once: that lets go of the request.</summary>
    public ValueTask<T> AnswerAsync(CancellationToken cancellationToken)
    {
        if (_blocks)
        {
            return new(Wait());
        }

        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static request => ((Request<T>)request!).Cancel(), this);
        }

        return new(this, _source.Version);
    }

    /// <returns>False when the caller is gone: the result is then the executor's to clean up.</returns>
    public bool Complete(T result)
    {
        if (Interlocked.Exchange(ref _ended, 1) != 0)
        {
            return false;
        }

        _source.SetResult(result);
        Signal();
        return true;
    }

    public void Fail(Exception error)
    {
        if (Interlocked.Exchange(ref _ended, 1) == 0)
        {
            _source.SetException(error);
            Signal();
        }
    }

    /// <summary>Gives the memory back that holds what it brought along.</summary>
    public virtual void ReleaseValue()
    {
    }

    /// <summary>One of its two holders lets go and may not touch it again.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0)
        {
            return;
        }

        _source.Reset();
        (_registration, _cancellation, _ended, _holders, _blocks) = (default, default, 0, Holders, false);
        Recycle();
    }

    ValueTaskSourceStatus IValueTaskSource<T>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<T>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    T IValueTaskSource<T>.GetResult(short token) => TakeAnswer(token);

    protected void Begin(long timestamp) => Began = timestamp;

    /// <summary>Takes the request out of its queue, if it still waits there: its caller has gone.</summary>
    protected abstract void Withdraw();

    /// <summary>Makes itself ready for another call.</summary>
    protected abstract void Recycle();

    private T Wait()
    {
        try
        {
            lock (_signal)
            {
                while (_source.GetStatus(_source.Version) == ValueTaskSourceStatus.Pending)
                {
                    Monitor.Wait(_signal);
                }
            }
        }
        catch (ThreadInterruptedException)
        {
            Cancel();
            Release();
            throw;
        }

        return TakeAnswer(_source.Version);
    }

    private void Signal()
    {
        if (_blocks)
        {
            lock (_signal)
            {
                Monitor.Pulse(_signal);
            }
        }
    }

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

    private void Cancel()
    {
        Fail(new OperationCanceledException(_cancellation));
        Withdraw();
    }
}
