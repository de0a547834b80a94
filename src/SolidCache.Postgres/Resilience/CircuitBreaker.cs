using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Resilience;

/// <summary>
/// Refuses calls while the server is away, so that they fail in microseconds instead of waiting for it. It is told of batches, by those who execute them, and
/// opens after some that failed in a row, or after one that hung while nobody else got an answer. No caller pays for finding out that the server is back: the
/// breaker asks by itself, at jittered intervals, and then lets one call try. The <see cref="Watch"/> looks when, and a thread of its own asks: those of the
/// pool may all be waiting for the server.
/// </summary>
/// <param name="probe">Asks the server whether it would serve; throws if not, blocks, and is bounded in time.</param>
/// <param name="changed">Told of each opening, with the error that brought it about, and each closing; quick.</param>
/// <param name="time">Runs the intervals.</param>
internal sealed class CircuitBreaker(Action probe, Action<BreakerState, Exception?> changed, TimeProvider time) : IWatched, IDisposable
{
    /// <summary>Failures without a success in between.</summary>
    private const int FailuresToOpen = 5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>A try that has not ended by now says nothing: it may wait for something else than the server.</summary>
    private static readonly TimeSpan LongestTry = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private volatile BreakerState _state;
    private Exception? _lastError;
    private TimeSpan _pause = FirstPause;
    private int _failures;
    private volatile bool _isDisposed;
    private bool _isAway;
    private bool _hasAnswered;
    private long? _tryingSince;
    private long _restsSince;
    private TimeSpan _restsFor;
    private bool _isAsking;
    private long _successes;
    private long _counted;

    public BreakerState State => _state;

    /// <summary>Gets a number that changes with every success: a batch compares that of its start with that of its end.</summary>
    public long Successes => Volatile.Read(ref _successes);

    /// <summary>Gets a number that changes with every failure that counts: who rents a connection keeps that of before.</summary>
    public long Counted => Volatile.Read(ref _counted);

    /// <summary>What made it open, if the server may be away: it has answered no question since. Null where only what is counted here fails.</summary>
    /// <param name="servesOthers">Whether what is counted elsewhere is served: then it is enough that the server has answered once.</param>
    public Exception? AwayBecause(bool servesOthers) =>
        _state == BreakerState.Open && _isAway && !(servesOthers && _hasAnswered) ? _lastError : null;

    /// <summary>
    /// The server lives, but would not do what a batch asked for, for the sake of one of its rows: what counts as a failure in a row goes on counting.
    /// </summary>
    public void Answered()
    {
        if (_state == BreakerState.HalfOpen)
        {
            Served();
            return;
        }

        Volatile.Write(ref _successes, _successes + 1);
    }

    /// <summary>Lets a call pass, or says what made the breaker open.</summary>
    /// <param name="mayTry">Whether the call may be the one that tries; another passes beside it, since it says nothing of the lanes.</param>
    public Exception? Refusal(bool mayTry = true) => _state == BreakerState.Closed ? null : RefusalUnlessTrial(mayTry);

    /// <summary>The server executed a batch, or refused it for a reason that is not its own.</summary>
    public void Served()
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
            (_failures, _tryingSince) = (0, null);
            if (before != BreakerState.Open)
            {
                (_state, _lastError, _pause) = (BreakerState.Closed, null, FirstPause);
            }
        }

        if (before == BreakerState.HalfOpen)
        {
            changed(BreakerState.Closed, null);
        }
    }

    /// <summary>A batch met an outage.</summary>
    public void Failed(Exception error) => Failed(error, Counted);

    /// <summary>
    /// The same on a connection that may have broken with another: by one blow, which is no failure more, however long after it each is used. What ran out of time has waited for an answer
    /// for as long as there is time.
    /// </summary>
    /// <param name="error">What its calls ended with.</param>
    /// <param name="countedBefore"><see cref="Counted"/> before the connection was rented.</param>
    public void Failed(Exception error, long countedBefore) =>
        Failed(error, opens: false, error is TimeoutException or { InnerException: TimeoutException } ? null : countedBefore);

    /// <summary>A batch had no answer in time.</summary>
    /// <param name="error">What its calls ended with.</param>
    /// <param name="successesBefore"><see cref="Successes"/> when the batch began.</param>
    public void Hung(Exception error, long successesBefore) => Failed(error, opens: successesBefore == Successes);

    /// <summary>Asks the server when it is time to.</summary>
    public bool Look()
    {
        if (_state != BreakerState.Open || _isDisposed)
        {
            return false;
        }

        lock (_gate)
        {
            if (_isAsking || time.GetElapsedTime(_restsSince) < _restsFor)
            {
                return true;
            }

            _isAsking = true;
        }

        if (!OwnThread.TryStart("probe", Ask))
        {
            Asked(serves: false, _isAway);
        }

        return true;
    }

    public void Dispose() => _isDisposed = true;

    private void Failed(Exception error, bool opens, long? countedBefore = null)
    {
        lock (_gate)
        {
            // Asked under the lock: those that one blow has broken come all at once.
            if (_state == BreakerState.Open || (_state == BreakerState.Closed && countedBefore is { } before && before != _counted))
            {
                return;
            }

            (_lastError, _tryingSince) = (error, null);
            _failures++;
            _counted++;
            if (_state != BreakerState.HalfOpen && !opens && _failures < FailuresToOpen)
            {
                return;
            }

            (_isAway, _hasAnswered) = (true, _hasAnswered && _state != BreakerState.Closed);
            _state = BreakerState.Open;
            Rest();
        }

        changed(BreakerState.Open, error);
    }

    private Exception? RefusalUnlessTrial(bool mayTry)
    {
        lock (_gate)
        {
            switch (_state)
            {
                case BreakerState.Closed:
                case BreakerState.HalfOpen when !mayTry:
                    return null;
                case BreakerState.HalfOpen when _tryingSince is not { } since || time.GetElapsedTime(since) > LongestTry:
                    _tryingSince = time.GetTimestamp();
                    return null;
                default:
                    return _lastError;
            }
        }
    }

    /// <summary>Many nodes find a server down at the same moment; they should not ask it all at once.</summary>
    private void Rest()
    {
        (_restsSince, _restsFor) = (time.GetTimestamp(), _pause * (0.75 + (Random.Shared.NextDouble() / 2)));
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever the probe meets, the server does not serve yet.")]
    private void Ask()
    {
        var (serves, isAway) = (false, false);
        try
        {
            probe();
            serves = true;
        }
        catch (Exception error)
        {
            // It stays open and asks again.
            isAway = error is Outage;
        }

        Asked(serves, isAway);
    }

    private void Asked(bool serves, bool isAway)
    {
        lock (_gate)
        {
            _isAsking = false;
            if (_state != BreakerState.Open)
            {
                return;
            }

            (_isAway, _hasAnswered) = (isAway, _hasAnswered || !isAway);
            if (serves)
            {
                (_state, _tryingSince) = (BreakerState.HalfOpen, null);
            }
            else
            {
                Rest();
            }
        }
    }
}
