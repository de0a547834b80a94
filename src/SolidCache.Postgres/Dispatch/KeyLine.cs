using System.Diagnostics;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The writes of one key in the order of their arrival. What is taken together becomes one row; what arrives while it is under way
/// waits for its end, so that no write overtakes another. Guarded by the queue's lock; an empty line serves another key.
/// </summary>
internal sealed class KeyLine
{
    private WriteChain _taken;
    private WriteChain _waiting;

    public string Key { get; set; } = "";

    public bool IsUnderWay { get; private set; }

    public bool IsEmpty => !IsUnderWay && _waiting.First is null;

    public bool StartsWithTurn => _waiting.First is { Kind: WriteKind.Turn };

    /// <summary>The size of what would be taken: that of the last set before a turn.</summary>
    public int NextBytes
    {
        get
        {
            var bytes = 0;
            for (var request = _waiting.First; request is not null && request.Kind != WriteKind.Turn; request = request.Next)
            {
                bytes = request.Kind == WriteKind.Touch || request.HasEnded ? bytes : request.Value.Length;
            }

            return bytes;
        }
    }

    /// <summary>How many were taken, and the bytes of their values.</summary>
    public (int Requests, long Bytes) Taken => (_taken.Count, _taken.Bytes);

    public void Add(WriteRequest request) => _waiting.Add(request);

    /// <summary>Fails those that began before a moment, whether they wait or are under way.</summary>
    public void Expire(long before, Exception error)
    {
        FailBefore(_taken.First, before, error);
        FailBefore(_waiting.First, before, error);
    }

    /// <summary>Fails all that wait.</summary>
    public void FailWaiting(Exception error) => FailBefore(_waiting.First, long.MaxValue, error);

    /// <summary>Takes out what was withdrawn at the front of the line.</summary>
    public WriteChain DropWithdrawn()
    {
        var dropped = default(WriteChain);
        while (_waiting.First is { HasEnded: true } first && first.Kind != WriteKind.Turn)
        {
            dropped.Add(_waiting.Take());
        }

        return dropped;
    }

    /// <summary>Lets the first of the line have the key for itself.</summary>
    public WriteRequest TakeTurn()
    {
        Debug.Assert(!IsUnderWay && StartsWithTurn, "Nobody's turn.");
        IsUnderWay = true;
        var turn = _waiting.Take();
        _taken.Add(turn);
        return turn;
    }

    /// <summary>Takes all up to a turn as one row; null when every one of them was withdrawn.</summary>
    public KeyWrite? TakeWrite()
    {
        Debug.Assert(!IsUnderWay, "One at a time.");
        KeyWrite? write = null;
        while (_waiting.First is { } next && next.Kind != WriteKind.Turn)
        {
            _taken.Add(_waiting.Take());
            if (!next.HasEnded)
            {
                write = write is { } before ? before.Absorbing(next) : new KeyWrite(this, next, next.IsDurable, next.Began);
            }
        }

        IsUnderWay = write is not null;
        return write;
    }

    private static void FailBefore(WriteRequest? first, long before, Exception error)
    {
        for (var request = first; request is not null; request = request.Next)
        {
            if (request.Began < before)
            {
                request.Fail(error);
            }
        }
    }

    /// <summary>Gives out what was taken, to be answered.</summary>
    public WriteChain End()
    {
        var taken = _taken;
        _taken = default;
        IsUnderWay = false;
        return taken;
    }
}
