using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Leasing;

/// <summary>One making of a value in this process, which all callers wait for who miss the entry meanwhile.</summary>
/// <remarks>
/// A caller who came while the factory ran already, or while an answer of the server was on its way, cannot know whether the data was changed before he came and after it was
/// read. So he may have the result only if it was stored, and he came before it was sent there: then nobody has removed the entry in between.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A source without timer and wait handle holds nothing that must be freed, and callers leave after its end.")]
internal sealed class Creation
{
    private readonly TaskCompletionSource<Made> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _abandoned = new();
    private readonly Lock _gate = new();
    private int _waiting;
    private int _stage;
    private Creation? _following;
    private bool _isReading;
    private bool _isForNobodyLater;
    private bool _isOver;

    /// <summary>Gets what is cancelled when nobody waits any more.</summary>
    public CancellationToken Abandoned => _abandoned.Token;

    /// <summary>Gets what ends with this, or when nobody waits for it any more.</summary>
    public Task Ended => _result.Task;

    /// <returns>Null when it is too late to join; else, the stage at which it is.</returns>
    public int? TryJoin()
    {
        lock (_gate)
        {
            if (_isOver || _isForNobodyLater)
            {
                return null;
            }

            _waiting++;
            return _stage;
        }
    }

    /// <summary>Joins this one, or what is made after it, once for all who cannot have what this one reads already.</summary>
    /// <param name="fresh">The caller's own, which is to come after this one if nothing does yet.</param>
    /// <param name="mayShare">Whether he waits for this one as long as its value may be stored.</param>
    /// <returns>Null when this one is over.</returns>
    public (Creation Joined, int Stage)? TryJoin(Creation fresh, bool mayShare)
    {
        lock (_gate)
        {
            if (_isOver)
            {
                return null;
            }

            if (!_isReading || (mayShare && !_isForNobodyLater))
            {
                _waiting++;
                return (this, _stage);
            }

            if (_following?.TryJoin() is { } stage)
            {
                return (_following, stage);
            }

            _following = fresh;
            return (fresh, 0);
        }
    }

    /// <summary>The caller's own cancellation ends his wait, and nobody else's.</summary>
    public async Task<Made> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _result.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>From now on the server reads what may change behind it.</summary>
    /// <returns>The stage that begins.</returns>
    public int Asks()
    {
        lock (_gate)
        {
            return ++_stage;
        }
    }

    /// <summary>From now on the factory reads what may change behind it.</summary>
    /// <param name="isForNobodyLater">Whether it is known that nothing will be stored, which alone would show that it is true still.</param>
    /// <returns>The stage that begins.</returns>
    public int Reads(bool isForNobodyLater = false)
    {
        lock (_gate)
        {
            (_isReading, _isForNobodyLater) = (true, isForNobodyLater);
            return ++_stage;
        }
    }

    /// <summary>From now on nobody can join: he would be given what was true before he came.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isOver = true;
        }
    }

    public void End(Made made)
    {
        Close();
        _result.TrySetResult(made);
    }

    public void Fail(Exception error)
    {
        Close();
        if (_result.TrySetException(error))
        {
            // Nobody may wait any more.
            _ = _result.Task.Exception;
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            if (--_waiting > 0 || _isOver)
            {
                return;
            }

            _isOver = true;
        }

        _result.TrySetCanceled();
        // What is called by it is the factory's, and neither holds up the caller nor fails him.
        _ = AbandonAsync();
    }

    private async Task AbandonAsync() => await _abandoned.CancelAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <param name="Value">What the factory returned, or what somebody else has stored; null if there is none and none was made.</param>
    /// <param name="Stage">At which it was read.</param>
    /// <param name="IsStored">Whether it was stored, after the last had joined.</param>
    /// <param name="Age">Of the entry that is stored; null where none is known to be.</param>
    /// <param name="ReadAt">When that was asked for, as a timestamp: its life counts from there at the latest.</param>
    /// <param name="MayShare">Whether all who wait may have it although it is not stored: nobody has removed the entry in between, or they asked for a factory that nothing guards.</param>
    internal readonly record struct Made(byte[]? Value, int Stage, bool IsStored, EntryAge? Age = null, long ReadAt = 0, bool MayShare = false)
    {
        public bool IsFor(int joinedAt) => joinedAt < Stage || IsStored || MayShare;
    }
}
