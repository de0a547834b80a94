using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Resilience;

/// <summary>
/// Refuses calls while the server is away, so that they fail in microseconds instead of waiting for it. It opens after some failures in a
/// row, or after one that ran out of time while nobody else got an answer. No caller pays for finding out that the server is back: the breaker asks by
/// itself, at jittered intervals, and then lets one call try.
/// </summary>
internal sealed class CircuitBreaker : IDisposable
{
    /// <summary>Failures without a success in between. Those that share one exception failed in one batch, and count once.</summary>
    private const int FailuresToOpen = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Func<CancellationToken, Task> _probe;
    private readonly Action<BreakerState, Exception?> _changed;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _stopping = new();
    private volatile BreakerState _state;
    private Exception? _lastError;
    private TimeSpan _pause = FirstPause;
    private int _failures;
    private int _isDisposed;
    private bool _isTrying;
    private long _successes;

    /// <param name="probe">Asks the server whether it would serve; throws if not, and is bounded in time.</param>
    /// <param name="changed">Told of each opening, with the error that brought it about, and each closing; quick.</param>
    /// <param name="time">Runs the intervals.</param>
    public CircuitBreaker(Func<CancellationToken, Task> probe, Action<BreakerState, Exception?> changed, TimeProvider time)
    {
        (_probe, _changed) = (probe, changed);
        using (ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow())
        {
            _timer = time.CreateTimer(static breaker => _ = ((CircuitBreaker)breaker!).ProbeAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    public BreakerState State => _state;

    /// <summary>Gets what the last call failed with, or null when one has succeeded since.</summary>
    public Exception? LastError => Volatile.Read(ref _lastError);

    /// <summary>Gets a number that changes with every success: a call compares that of its start with that of its end.</summary>
    public long Successes => Volatile.Read(ref _successes);

    /// <summary>Lets a call pass, which then ends with one of the three below; or says what made the breaker open.</summary>
    public Exception? Refusal() => _state == BreakerState.Closed ? null : RefusalUnlessTrial();

    public void Succeeded()
    {
        // Not atomic: a lost increment changes the number all the same.
        Volatile.Write(ref _successes, _successes + 1);
        if (_failures == 0 && _state == BreakerState.Closed)
        {
            return;
        }

        BreakerState before;
        lock (_gate)
        {
            before = _state;
            (_failures, _isTrying) = (0, false);
            if (before != BreakerState.Open)
            {
                (_state, _lastError, _pause) = (BreakerState.Closed, null, FirstPause);
            }
        }

        if (before == BreakerState.HalfOpen)
        {
            _changed(BreakerState.Closed, null);
        }
    }

    /// <summary>The call met an outage.</summary>
    /// <param name="error">What it met.</param>
    /// <param name="successesBefore"><see cref="Successes"/> when the call began.</param>
    public void Failed(Exception error, long successesBefore)
    {
        lock (_gate)
        {
            var wasTrial = _state == BreakerState.HalfOpen && _isTrying;
            if (_state == BreakerState.Open || (ReferenceEquals(error, _lastError) && !wasTrial))
            {
                return;
            }

            (_lastError, _isTrying) = (error, false);
            _failures++;
            var nobodyIsServed = Failure.IsTimeout(error) && successesBefore == Successes;
            if (!wasTrial && !nobodyIsServed && _failures < FailuresToOpen)
            {
                return;
            }

            _state = BreakerState.Open;
            ProbeLater();
        }

        _changed(BreakerState.Open, error);
    }

    /// <summary>The call ended in a way that says nothing about the server.</summary>
    public void Abandoned()
    {
        if (_state == BreakerState.HalfOpen)
        {
            lock (_gate)
            {
                _isTrying = false;
            }
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _stopping.Cancel();
        _timer.Dispose();
        _stopping.Dispose();
    }

    private Exception? RefusalUnlessTrial()
    {
        lock (_gate)
        {
            if (_state == BreakerState.Closed)
            {
                return null;
            }

            if (_state == BreakerState.HalfOpen && !_isTrying)
            {
                _isTrying = true;
                return null;
            }

            return _lastError;
        }
    }

    /// <summary>Many nodes find a server down at the same moment; they should not ask it all at once.</summary>
    private void ProbeLater()
    {
        _timer.Change(_pause * (0.75 + (Random.Shared.NextDouble() / 2)), Timeout.InfiniteTimeSpan);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the probe meets, the server does not serve yet.")]
    private async Task ProbeAsync()
    {
        var serves = false;
        try
        {
            await _probe(_stopping.Token).ConfigureAwait(false);
            serves = true;
        }
        catch (Exception)
        {
            // It stays open and asks again.
        }

        lock (_gate)
        {
            if (_state != BreakerState.Open || _stopping.IsCancellationRequested)
            {
                return;
            }

            if (serves)
            {
                (_state, _isTrying) = (BreakerState.HalfOpen, false);
            }
            else
            {
                ProbeLater();
            }
        }
    }
}
