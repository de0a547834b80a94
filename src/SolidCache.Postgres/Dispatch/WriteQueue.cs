using System.Runtime.InteropServices;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Dispatch;

/// <summary>
/// Writes, in a line for each key. A batch takes one row a key from the lines that are not under way; the order of a line is never
/// broken, whichever lane is quicker.
/// </summary>
internal sealed class WriteQueue(BatchLimits limits, TableName table, TimeProvider time) : IBatchQueue<KeyWrite>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, KeyLine> _lines = new(StringComparer.Ordinal);
    private readonly Stack<KeyLine> _unused = new();
    private readonly ReadyLines _ready = new(limits);
    private readonly RequestPool<WriteRequest> _turns = WriteRequest.NewPool();
    private int _waiting;
    private long _waitingBytes;

    /// <summary>Gets or sets what is to be called when something may have become ready outside a lane, which would ask by itself.</summary>
    public Action Ready { get; set; } = static () => { };

    /// <summary>Gets how many wait to be sent; a number that may be out of date at once.</summary>
    public int Count => _waiting;

    public bool IsEmpty => _ready.IsEmpty;

    public bool KeepsAnotherLaneBusy => _ready.KeepsAnotherLaneBusy;

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

    /// <summary>The limit of a call that begins now and goes alone.</summary>
    public CallLimit LimitOf(CancellationToken caller) => new(limits.Patience, () => limits.OutOfTime(table), time, caller);

    /// <summary>Waits behind all that want this key, to work on it alone; end that with <see cref="EndTurn"/>, unless this throws.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up; those behind go on waiting for those before.</exception>
    public ValueTask TakeTurnAsync(CacheKey key, bool async, CancellationToken cancellationToken)
    {
        var turn = WriteRequest.Turn(key, _turns);
        lock (_gate)
        {
            AddTo(LineOf(key), turn);
        }

        var granted = turn.WhenDoneAsync(cancellationToken);
        if (async)
        {
            return granted;
        }

        Block(granted.AsTask());
        return ValueTask.CompletedTask;
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

    public void Expire()
    {
        var before = time.GetTimestamp() - limits.Ticks(time);
        lock (_gate)
        {
            var error = limits.OutOfTime(table);
            foreach (var line in _lines.Values)
            {
                line.Expire(before, error);
            }
        }
    }

    /// <summary>Fails all that wait: the server is away.</summary>
    public void FailWaiting(Exception error)
    {
        lock (_gate)
        {
            foreach (var line in _lines.Values)
            {
                line.FailWaiting(error);
            }
        }
    }

    public void Take(List<KeyWrite> batch)
    {
        var bytes = 0L;
        lock (_gate)
        {
            while (_ready.Next(batch.Count, bytes) is { } line)
            {
                if (TakeWrite(line) is { } write)
                {
                    _ready.Began(write);
                    batch.Add(write);
                    bytes += write.Winner.Value.Length;
                }
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
                _ready.Ended(write);
                answered.Add(write.Line.End());
                Advance(write.Line);
            }
        }

        answered.Answer(error);
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

    private static void Block(Task granted) => granted.GetAwaiter().GetResult();

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
        request.Began = time.GetTimestamp();
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
            if (!line.TakeTurn().Complete(true))
            {
                line.End().Release();
                Advance(line);
            }
        }
        else
        {
            _ready.Add(line);
        }
    }

    private void Drop(WriteChain withdrawn)
    {
        _waiting -= withdrawn.Count;
        _waitingBytes -= withdrawn.Bytes;
        withdrawn.Release();
    }

    /// <summary>What the line holds up to a turn as one row; null when all of it was withdrawn.</summary>
    private KeyWrite? TakeWrite(KeyLine line)
    {
        var write = line.TakeWrite();
        var (requests, bytes) = line.Taken;
        _waiting -= requests;
        _waitingBytes -= bytes;
        if (write is null)
        {
            line.End().Release();
            Advance(line);
        }

        return write;
    }
}
