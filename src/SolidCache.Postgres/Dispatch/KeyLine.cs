using System.Diagnostics;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// The writes of one key in the order of their arrival. What is taken together becomes one row; what arrives while it is under way
/// waits for its end, so that no write overtakes another. Guarded by the queue's lock.
/// </summary>
internal sealed class KeyLine(string key)
{
    private readonly List<WriteRequest> _taken = [];
    private readonly Queue<WriteRequest> _waiting = new();

    public string Key => key;

    public bool IsUnderWay { get; private set; }

    public bool IsEmpty => !IsUnderWay && _waiting.Count == 0;

    public bool StartsWithTurn => _waiting.TryPeek(out var first) && first.Kind == WriteKind.Turn;

    public void Add(WriteRequest request) => _waiting.Enqueue(request);

    /// <summary>The size of what would be taken: that of the last set before a turn.</summary>
    public int NextBytes
    {
        get
        {
            var bytes = 0;
            foreach (var request in _waiting)
            {
                if (request.Kind == WriteKind.Turn)
                {
                    break;
                }

                bytes = request.Kind == WriteKind.Touch || request.HasEnded ? bytes : request.Value.Length;
            }

            return bytes;
        }
    }

    /// <summary>Drops what was withdrawn at the front of the line.</summary>
    /// <returns>The bytes and the number of what was dropped.</returns>
    public (int Requests, long Bytes) DropWithdrawn()
    {
        var (requests, bytes) = (0, 0L);
        while (_waiting.TryPeek(out var first) && first.HasEnded && first.Kind != WriteKind.Turn)
        {
            _waiting.Dequeue();
            requests++;
            bytes += first.Value.Length;
            first.ReleaseValue();
        }

        return (requests, bytes);
    }

    /// <summary>Lets the first of the line have the key for itself.</summary>
    public WriteRequest TakeTurn()
    {
        Debug.Assert(!IsUnderWay && StartsWithTurn, "Nobody's turn.");
        IsUnderWay = true;
        var turn = _waiting.Dequeue();
        _taken.Add(turn);
        return turn;
    }

    /// <summary>Takes all up to a turn as one row; null when every one of them was withdrawn.</summary>
    public KeyWrite? TakeWrite()
    {
        Debug.Assert(!IsUnderWay, "One at a time.");
        WriteRequest? winner = null;
        var durable = false;
        while (_waiting.TryPeek(out var next) && next.Kind != WriteKind.Turn)
        {
            _taken.Add(_waiting.Dequeue());
            if (next.HasEnded)
            {
                continue;
            }

            durable |= next.IsDurable;
            winner = winner is null || next.Kind != WriteKind.Touch ? next : winner;
        }

        IsUnderWay = winner is not null;
        return winner is null ? null : new KeyWrite(this, winner, durable);
    }

    /// <summary>How much was taken.</summary>
    public (int Requests, long Bytes) Taken => (_taken.Count, _taken.Sum(request => (long)request.Value.Length));

    /// <summary>Empties what was taken, for the caller to answer.</summary>
    public void End(List<WriteRequest> taken)
    {
        taken.AddRange(_taken);
        _taken.Clear();
        IsUnderWay = false;
    }
}
