using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Resilience;

/// <summary>
/// Ends calls that met an outage as misses, and keeps the keys whose set was dropped: their old value is still in the table, so that they miss here
/// until it is gone.
/// </summary>
internal sealed class Degradation(IReadOnlyList<KeyRange> allKeys, Action<string, Exception> told, TimeProvider time) : IDisposable
{
    /// <summary>Keys that are remembered one by one. Beyond, every key misses, and when the server is back every entry of this cache is removed.</summary>
    private const int MaxStale = 10_000;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<string, object> _stale = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private object? _everything;
    private int _isRemoving;
    private int _isDisposed;

    /// <summary>Gets a value indicating whether any key is stale.</summary>
    public bool HasStale => Volatile.Read(ref _everything) is not null || !_stale.IsEmpty;

    public bool IsStale(CacheKey key) => Volatile.Read(ref _everything) is not null || _stale.ContainsKey(key.Stored);

    public ValueTask<T> Miss<T>(string operation, Exception error)
    {
        told(operation, error);
        return ValueTask.FromResult<T>(default!);
    }

    public ValueTask Drop(string operation, Exception error)
    {
        told(operation, error);
        return ValueTask.CompletedTask;
    }

    /// <summary>What a set compares when it has ended: whether another set of its key was dropped meanwhile.</summary>
    public object? StampOf(CacheKey key) => _stale.GetValueOrDefault(key.Stored);

    /// <summary>A set was stored, and what was dropped before it matters no more.</summary>
    public void Overwritten(CacheKey key, object? stamp)
    {
        if (stamp is not null)
        {
            _stale.TryRemove(new(key.Stored, stamp));
        }
    }

    /// <param name="key">Misses from now on.</param>
    /// <param name="error">Why.</param>
    /// <param name="store">Where its old value is removed, when that is possible again.</param>
    public void Dropped(CacheKey key, Exception error, IEntryStore store)
    {
        if (_stale.Count < MaxStale)
        {
            _stale[key.Stored] = new object();
        }
        else
        {
            Volatile.Write(ref _everything, new object());
        }

        told("set", error);
        if (Interlocked.Exchange(ref _isRemoving, 1) == 0)
        {
            _ = Task.Run(() => RemoveStaleAsync(store));
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task RemoveStaleAsync(IEntryStore store)
    {
        var stopping = _stopping.Token;
        try
        {
            while (HasStale)
            {
                await Task.Delay(BetweenAttempts, time, stopping).ConfigureAwait(false);
                await TryRemoveStaleAsync(store, stopping).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return;
        }

        Volatile.Write(ref _isRemoving, 0);
        if (HasStale && Interlocked.Exchange(ref _isRemoving, 1) == 0)
        {
            // Another set was dropped after the last look.
            await RemoveStaleAsync(store).ConfigureAwait(false);
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "What is still stale keeps missing, and the next attempt comes soon.")]
    private async Task TryRemoveStaleAsync(IEntryStore store, CancellationToken stopping)
    {
        try
        {
            if (Volatile.Read(ref _everything) is { } everything)
            {
                await store.RemoveAsync(allKeys, stopping).ConfigureAwait(false);
                Interlocked.CompareExchange(ref _everything, null, everything);
            }

            foreach (var (key, stamp) in _stale)
            {
                await store.RemoveAsync(new CacheKey(key), async: true, stopping).ConfigureAwait(false);
                _stale.TryRemove(new(key, stamp));
            }
        }
        catch (Exception) when (!stopping.IsCancellationRequested)
        {
            // The server is still away.
        }
    }
}
