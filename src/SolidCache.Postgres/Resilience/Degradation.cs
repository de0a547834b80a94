using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Resilience;

/// <summary>
/// Ends calls that met an outage as misses, and knows of which keys it must not let an old value be read, nor a new one be lost.
/// </summary>
/// <remarks>
/// A key whose set was dropped is <em>stale</em>: its old value is still in the table, so that it misses here until that is removed, unless somebody has
/// stored another since. A key whose read ended as a miss is <em>blind</em>: what its caller sets next is made without knowing what is there (a session
/// that looks new), so that it is not stored, and what is there is left alone, until a read of the key succeeds.
/// </remarks>
internal sealed class Degradation(
    Func<IReadOnlyList<(string Key, long DroppedAt)>, IReadOnlyList<string>> removeStale, Action<string, Exception> told, TimeProvider time)
    : IDisposable
{
    /// <summary>Keys that are remembered of each sort, about 10 MB. Beyond, sets throw instead of being dropped; and every key is blind for a while.</summary>
    public const int MostKeys = 100_000;

    /// <summary>Longer than a caller has between his read and his set.</summary>
    private static readonly TimeSpan BlindFor = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);
    private const int RemovedTogether = 1_000;

    private readonly KeyMarks<Mark> _stale = new(MostKeys);
    private readonly KeyMarks<Mark> _blind = new(MostKeys);

    [SuppressMessage("Usage", "CA2213", Justification = "Its wait handle is waited for by the thread that removes, which may end later.")]
    private readonly CancellationTokenSource _stopping = new();
    private Exception? _lastError;
    private long _allBlindSince = long.MinValue;
    private long _forgotAt = long.MinValue;
    private long _sets;
    private int _isRemoving;
    private int _isDisposed;

    /// <summary>Gets a value indicating whether any key is stale.</summary>
    public bool HasStale => !_stale.IsEmpty;

    public bool IsStale(CacheKey key) => _stale.TryGet(key.Stored, out _);

    public bool IsBlind(CacheKey key) =>
        IsRecent(Volatile.Read(ref _allBlindSince)) || (!_blind.IsEmpty && _blind.TryGet(key.Stored, out var mark) && IsRecent(mark!.At));

    /// <summary>A read met an outage.</summary>
    public T Miss<T>(string operation, CacheKey key, Exception error)
    {
        _lastError = error;
        var now = time.GetTimestamp();
        if (!_blind.TrySet(key.Stored, new Mark(now)))
        {
            Volatile.Write(ref _allBlindSince, now);
            ForgetSometimes();
        }

        told(operation, error);
        return default!;
    }

    /// <summary>A read succeeded.</summary>
    public void Seen(CacheKey key)
    {
        if (_blind.IsEmpty)
        {
            return;
        }

        _blind.Remove(key.Stored);
        ForgetSometimes();
    }

    /// <summary>A set of a blind key was not stored.</summary>
    public void LeftAlone() => told("set", _lastError ?? new TimeoutException());

    /// <summary>When a set begins, by which the order of the sets of a key is known.</summary>
    public (long Order, long At) Begins() => (Interlocked.Increment(ref _sets), time.GetTimestamp());

    /// <summary>A set was stored, and what was dropped that began before it matters no more.</summary>
    public void Overwritten(CacheKey key, (long Order, long At) began)
    {
        if (!_stale.IsEmpty && _stale.TryGet(key.Stored, out var drop) && drop!.Order < began.Order)
        {
            _stale.Remove(KeyValuePair.Create(key.Stored, drop));
        }
    }

    /// <summary>A set met an outage: its key misses from now on, until what was stored before it began is removed.</summary>
    /// <returns>False when there are too many such keys.</returns>
    public bool TryDrop(CacheKey key, (long Order, long At) began, Exception error)
    {
        if (!_stale.TrySet(key.Stored, new Mark(began.At, began.Order)))
        {
            return false;
        }

        told("set", error);
        if (Interlocked.Exchange(ref _isRemoving, 1) == 0 && !OwnThread.TryStart("stale entries", RemoveStale))
        {
            // Its key misses until one of the next that are dropped finds a thread.
            Volatile.Write(ref _isRemoving, 0);
        }

        return true;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _stopping.Cancel();
        }
    }

    private bool IsRecent(long since) => since != long.MinValue && time.GetElapsedTime(since) < BlindFor;

    /// <summary>It walks over all keys, and none is forgotten sooner.</summary>
    private void ForgetSometimes()
    {
        if (!IsRecent(Volatile.Read(ref _forgotAt)))
        {
            ForgetOld();
        }
    }

    private void ForgetOld()
    {
        Volatile.Write(ref _forgotAt, time.GetTimestamp());
        foreach (var mark in _blind.ToArray())
        {
            if (!IsRecent(mark.Value.At))
            {
                _blind.Remove(mark);
            }
        }
    }

    private void RemoveStale()
    {
        while (!_stopping.Token.WaitHandle.WaitOne(BetweenAttempts))
        {
            TryRemoveStale();
            ForgetOld();
            if (HasStale)
            {
                continue;
            }

            Volatile.Write(ref _isRemoving, 0);
            // Another set may have been dropped after the last look.
            if (!HasStale || Interlocked.Exchange(ref _isRemoving, 1) != 0)
            {
                return;
            }
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What is still stale keeps missing, and the next attempt comes soon.")]
    private void TryRemoveStale()
    {
        try
        {
            foreach (var some in _stale.ToArray().Chunk(RemovedTogether))
            {
                var locked = removeStale([.. some.Select(static stale => (stale.Key, stale.Value.At))]);
                foreach (var stale in some.Where(stale => !locked.Contains(stale.Key)))
                {
                    _stale.Remove(stale);
                }
            }
        }
        catch (Exception)
        {
            // The server is still away.
        }
    }

    private sealed class Mark(long at, long order = 0)
    {
        public long At => at;

        public long Order => order;
    }
}
