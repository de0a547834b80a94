namespace SolidCache.Postgres.Dispatch;

/// <summary>The limit of a call that waits, for its turn or for a connection, before it goes alone: its waits share one patience.</summary>
internal sealed class CallLimit : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenSource _either;
    private readonly Func<TimeoutException> _error;

    /// <param name="limit">Of the whole call, from now on.</param>
    /// <param name="error">What the call ends with when it is over.</param>
    /// <param name="time">Measures it.</param>
    /// <param name="caller">Ends the waits too.</param>
    public CallLimit(TimeSpan limit, Func<TimeoutException> error, TimeProvider time, CancellationToken caller)
    {
        (_caller, _error) = (caller, error);
        _over = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, caller);
    }

    /// <summary>Gets what every wait is to be ended by.</summary>
    public CancellationToken Token => _either.Token;

    /// <summary>Whether the time is up, and the caller did not end the call himself.</summary>
    public bool IsOver => _over.IsCancellationRequested && !_caller.IsCancellationRequested;

    public TimeoutException Error() => _error();

    public void Dispose()
    {
        _either.Dispose();
        _over.Dispose();
    }
}
