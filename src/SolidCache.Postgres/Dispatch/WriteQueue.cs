using System.Runtime.InteropServices;
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
    private readonly Stack<KeyLine> _unused = new();
    private readonly Queue<KeyLine> _ready = new();
    private readonly Queue<KeyLine> _readyLarge = new();
    private readonly RequestPool<WriteRequest> _turns = WriteRequest.NewPool();
    private int _waiting;
    private long _waitingBytes;
    private bool _isLargeUnderWay;

    /// <summary>Called when something became ready outside a lane, which would ask by itself.</summary>
    public Action Ready { private get; set; } = static () => { };

    public bool IsEmpty => _ready.Count == 0 && !HasLarge;

    public bool KeepsAnotherLaneBusy => _ready.Count >= limits.AnotherLaneEntries || HasLarge;

    /// <summary>One large value at a time, so that another lane is left for the small ones.</summary>
    private bool HasLarge => _readyLarge.Count > 0 && !_isLargeUnderWay;

    /// <exception cref="SolidCacheException">Too much waits already; the request is answered and must not be awaited.</exception>
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

    /// <summary>Takes a place behind all that want this key: work alone when it is given, and end it with <see cref="EndTurn"/>.</summary>
    public WriteRequest AddTurn(CacheKey key)
    {
        var turn = WriteRequest.Turn(key, _turns);
        lock (_gate)
        {
            AddTo(LineOf(key), turn);
        }

        return turn;
    }

    /// <summary>Waits until everything has ended that is here now.</summary>
    public async Task WhenPassedAsync(CancellationToken cancellationToken)
    {
        var turns = new List<Task>();
        lock (_gate)
        {
            foreach (var line in _lines.Values.ToArray())
            {
                var key = new CacheKey(line.Key);
                var turn = WriteRequest.Turn(key, _turns);
                AddTo(line, turn);
                turns.Add(PassAsync(turn, key));
            }
        }

        await Task.WhenAll(turns).WaitAsync(cancellationToken).ConfigureAwait(false);

        async Task PassAsync(WriteRequest turn, CacheKey key)
        {
            await turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            EndTurn(key);
        }
    }

    public void Take(List<KeyWrite> batch)
    {
        lock (_gate)
        {
            TakeSmall(batch);
            while (batch.Count == 0 && HasLarge)
            {
                Take(_readyLarge.Dequeue(), batch);
                _isLargeUnderWay = batch is [var write] && IsLarge(write);
            }
        }
    }

    /// <summary>Answers rows and all that they absorbed, and lets the next of their lines go.</summary>
    public void End(ReadOnlySpan<KeyWrite> writes, Exception? error)
    {
        var answered = default(WriteChain);
        lock (_gate)
        {
            foreach (var write in writes)
            {
                _isLargeUnderWay &= !IsLarge(write);
                answered.Add(write.Line.End());
                Advance(write.Line);
            }
        }

        for (var request = answered.First; request is not null;)
        {
            // The next first: whoever is answered may be serving another call at once.
            var next = request.Next;
            Answer(request, error);
            request = next;
        }
    }

    public void EndTurn(CacheKey key)
    {
        lock (_gate)
        {
            var line = _lines[key.Stored];
            line.End().First!.Release();
            Advance(line);
        }

        Ready();
    }

    private bool IsLarge(KeyWrite write) => write.Winner.Value.Length >= limits.LargeValueBytes;

    private static void Answer(WriteRequest request, Exception? error)
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

        request.Release();
    }

    private KeyLine LineOf(CacheKey key)
    {
        ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, key.Stored, out var exists);
        if (!exists)
        {
            line = _unused.TryPop(out var unused) ? unused : new KeyLine();
            line.Key = key.Stored;
        }

        return line!;
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
        Drop(line.DropWithdrawn());
        if (line.IsEmpty)
        {
            _lines.Remove(line.Key);
            if (_unused.Count < limits.MaxBatchEntries)
            {
                _unused.Push(line);
            }
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

    private void Drop(WriteChain withdrawn)
    {
        _waiting -= withdrawn.Count;
        _waitingBytes -= withdrawn.Bytes;
        Forget(withdrawn);
    }

    /// <summary>Nobody waits for these any more.</summary>
    private static void Forget(WriteChain withdrawn)
    {
        while (withdrawn.First is not null)
        {
            var request = withdrawn.Take();
            request.ReleaseValue();
            request.Release();
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
        if (write is { } row)
        {
            batch.Add(row);
            return;
        }

        Forget(line.End());
        Advance(line);
    }
}
