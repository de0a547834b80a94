using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Writes, in a line for each key. A batch takes one row a key from the lines that are not under way; the order of a line is never
/// broken, whichever lane is quicker.
/// </summary>
internal sealed class WriteQueue(BatchLimits limits, TableName table) : IBatchQueue<KeyWrite>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, KeyLine> _lines = new(StringComparer.Ordinal);
    private readonly Queue<KeyLine> _ready = new();
    private readonly Queue<KeyLine> _readyLarge = new();
    private int _waiting;
    private long _waitingBytes;

    /// <summary>Called when something became ready outside a lane, which would ask by itself.</summary>
    public Action Ready { private get; set; } = static () => { };

    /// <exception cref="SolidCacheException">Too much waits already.</exception>
    public void Add(WriteRequest request)
    {
        lock (_gate)
        {
            try
            {
                limits.RefuseWhenFull(_waiting, _waitingBytes + request.Value.Length, table);
            }
            catch
            {
                request.ReleaseValue();
                throw;
            }

            AddTo(LineOf(request.Key), request);
        }
    }

    /// <summary>Takes a place behind all that want this key; complete it with <see cref="EndTurn"/>.</summary>
    public void AddTurn(WriteRequest turn)
    {
        lock (_gate)
        {
            AddTo(LineOf(turn.Key), turn);
        }
    }

    /// <summary>Waits until everything has ended that is here now.</summary>
    public async Task WhenPassedAsync(CancellationToken cancellationToken)
    {
        var turns = new List<Task>();
        lock (_gate)
        {
            foreach (var line in _lines.Values.ToArray())
            {
                var turn = WriteRequest.Turn(new CacheKey(line.Key));
                turns.Add(PassAsync(turn));
                AddTo(line, turn);
            }
        }

        await Task.WhenAll(turns).WaitAsync(cancellationToken).ConfigureAwait(false);

        async Task PassAsync(WriteRequest turn)
        {
            await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            EndTurn(turn.Key);
        }
    }

    public void Take(List<KeyWrite> batch)
    {
        lock (_gate)
        {
            TakeSmall(batch);
            while (batch.Count == 0 && _readyLarge.TryDequeue(out var line))
            {
                Take(line, batch);
            }
        }
    }

    /// <summary>Answers a row and all that it absorbed, and lets the next of the line go.</summary>
    public void End(KeyWrite write, Exception? error)
    {
        var taken = new List<WriteRequest>();
        lock (_gate)
        {
            write.Line.End(taken);
            Advance(write.Line);
        }

        foreach (var request in taken)
        {
            request.ReleaseValue();
            if (error is null)
            {
                request.Complete(true);
            }
            else
            {
                request.Fail(error);
            }
        }
    }

    public void EndTurn(CacheKey key)
    {
        lock (_gate)
        {
            var line = _lines[key.Stored];
            line.End([]);
            Advance(line);
        }

        Ready();
    }

    private static void Release(KeyLine line)
    {
        var withdrawn = new List<WriteRequest>();
        line.End(withdrawn);
        withdrawn.ForEach(request => request.ReleaseValue());
    }

    private KeyLine LineOf(CacheKey key)
    {
        if (!_lines.TryGetValue(key.Stored, out var line))
        {
            line = new KeyLine(key.Stored);
            _lines.Add(key.Stored, line);
        }

        return line;
    }

    private void AddTo(KeyLine line, WriteRequest request)
    {
        var wasEmpty = line.IsEmpty;
        line.Add(request);
        if (request.Kind != WriteKind.Turn)
        {
            _waiting++;
            _waitingBytes += request.Value.Length;
        }

        if (wasEmpty)
        {
            Advance(line);
        }
    }

    /// <summary>A line that nobody works on becomes ready, gives its first a turn, or ends.</summary>
    private void Advance(KeyLine line)
    {
        var (requests, bytes) = line.DropWithdrawn();
        _waiting -= requests;
        _waitingBytes -= bytes;
        if (line.IsEmpty)
        {
            _lines.Remove(line.Key);
        }
        else if (line.StartsWithTurn)
        {
            line.TakeTurn().Complete(true);
        }
        else
        {
            (line.NextBytes < limits.LargeValueBytes ? _ready : _readyLarge).Enqueue(line);
        }
    }

    /// <summary>As much as fits; a line that has become large since it was ready goes to the large ones.</summary>
    private void TakeSmall(List<KeyWrite> batch)
    {
        var bytes = 0L;
        while (_ready.TryPeek(out var line))
        {
            var next = line.NextBytes;
            if (next >= limits.LargeValueBytes)
            {
                _readyLarge.Enqueue(_ready.Dequeue());
                continue;
            }

            if (!limits.Fits(batch.Count, bytes, next))
            {
                return;
            }

            bytes += next;
            Take(_ready.Dequeue(), batch);
        }
    }

    private void Take(KeyLine line, List<KeyWrite> batch)
    {
        var write = line.TakeWrite();
        var (requests, bytes) = line.Taken;
        _waiting -= requests;
        _waitingBytes -= bytes;
        if (write is not null)
        {
            batch.Add(write);
            return;
        }

        Release(line);
        Advance(line);
    }
}
