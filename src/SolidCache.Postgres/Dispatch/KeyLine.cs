using System.Diagnostics;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The writes of one key in the order of their arrival. What is taken together becomes one row; what arrives while it is under way
/// waits for its end, so that no write overtakes another. Guarded by the queue's lock; an empty line serves another key.
/// </summary>
internal sealed class KeyLine : ILinked<KeyLine>
{
    private Chain<WriteRequest> _taken;
    private Chain<WriteRequest> _waiting;
    private int _durable;

    public string Key { get; set; } = "";

    /// <summary>Whether a row of the key is executed, or may take effect still.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>Whether nobody waits for what is under way: the key has another line.</summary>
    public bool IsOrphan { get; private set; }

    public bool IsReady { get; set; }

    /// <summary>Whether what would be taken is large; only while it is ready.</summary>
    public bool IsLarge { get; set; }

    /// <summary>Whether what is under way has left its batch, because others have locked its row, or one of the batch could not be executed.</summary>
    public bool IsStray { get; set; }

    /// <summary>Whether nobody knows yet if what was under way takes effect.</summary>
    public bool IsInDoubt { get; set; }

    public bool IsHeldUp => IsStray || IsInDoubt;

    public bool IsEmpty => !IsUnderWay && _waiting.First is null;

    /// <summary>The number of its first write; only while it is not empty.</summary>
    public long FirstNumber { get; private set; }

    public KeyLine? Previous { get; set; }

    public KeyLine? Next { get; set; }

    /// <summary>What would be taken; only while there is something.</summary>
    public KeyWrite NextWrite
    {
        get
        {
            var winner = WinnerOf(_waiting.Last, ofWanted: false)!;
            return new(this, winner, _durable > 0 ? winner.Kind.Durable() : winner.Kind);
        }
    }

    public void Add(WriteRequest request)
    {
        if (IsEmpty)
        {
            FirstNumber = request.Number;
        }

        _durable += request.Kind.IsDurable() ? 1 : 0;
        _waiting.Add(request);
    }

    public void Remove(WriteRequest request)
    {
        _waiting.Remove(request);
        _durable -= request.Kind.IsDurable() ? 1 : 0;
        if (!IsUnderWay)
        {
            FirstNumber = _waiting.First?.Number ?? 0;
        }
    }

    /// <summary>Takes all as one row.</summary>
    public KeyWrite Take()
    {
        Debug.Assert(!IsUnderWay, "One at a time.");
        var write = NextWrite;
        _taken = _waiting.TakeAll();
        (IsUnderWay, _durable) = (true, 0);
        return write;
    }

    /// <summary>What is left of a row that was not executed yet: the last write whose caller still waits; null when none does.</summary>
    public WriteRequest? LastWanted() => WinnerOf(_taken.Last, ofWanted: true);

    /// <summary>What was taken, to be answered; the line stays under way.</summary>
    public Chain<WriteRequest> Answered() => _taken.TakeAll();

    /// <summary>The next may go.</summary>
    public void End()
    {
        (IsUnderWay, IsStray, IsInDoubt) = (false, false, false);
        FirstNumber = _waiting.First?.Number ?? 0;
    }

    /// <summary>Leaves what is under way to itself, and what waits to another line.</summary>
    public void MoveWaitingTo(KeyLine other)
    {
        _durable = 0;
        for (var request = _waiting.TakeAll().First; request is not null;)
        {
            var next = request.Next;
            other.Add(request);
            request = next;
        }

        IsOrphan = true;
    }

    /// <summary>The last of them; but a fill gives way to all else, since the server may refuse it, and what it would absorb was written after its lease.</summary>
    private static WriteRequest? WinnerOf(WriteRequest? last, bool ofWanted)
    {
        var fill = default(WriteRequest);
        for (var request = last; request is not null; request = request.Previous)
        {
            if (ofWanted && request.HasEnded)
            {
                continue;
            }

            if (request.Kind != WriteKind.Fill)
            {
                return request;
            }

            fill ??= request;
        }

        return fill;
    }

    /// <summary>Those under way and those that wait, in this order.</summary>
    public (WriteRequest? UnderWay, WriteRequest? Waiting) Requests => (_taken.First, _waiting.First);
}
