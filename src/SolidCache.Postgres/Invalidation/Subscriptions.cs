using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Invalidation;

/// <summary>Who is told what has changed, in the names of this cache. What is another's, behind another prefix, is left out.</summary>
internal sealed class Subscriptions(KeySpace keys, CacheTelemetry telemetry, Log log)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private Action<SolidCacheInvalidation>[] _changes = [];
    private Action<bool>[] _connections = [];
    private (string Channel, Action<byte[]> Handler)[] _messages = [];
    private TaskCompletionSource _seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _version;

    public long Version => Volatile.Read(ref _version);

    public IDisposable Add(Action<SolidCacheInvalidation> handler) => Add(ref _changes, handler, () => Remove(ref _changes, handler));

    public IDisposable Add(Action<bool> handler) => Add(ref _connections, handler, () => Remove(ref _connections, handler));

    /// <param name="channel">Any string, of this cache: as a key, it is another behind another prefix.</param>
    /// <param name="handler">Of its messages.</param>
    public IDisposable Add(string channel, Action<byte[]> handler)
    {
        var subscriber = (keys.Map(channel).Stored, handler);
        return Add(ref _messages, subscriber, () => Remove(ref _messages, subscriber));
    }

    /// <summary>Waits until the log has been read once more.</summary>
    public async Task WhenSeenAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(Volatile.Read(ref _seen).Task, _ended.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        ObjectDisposedException.ThrowIf(_ended.Task.IsCompleted, typeof(ISolidCacheInvalidations));
    }

    public void Tell(News news)
    {
        if (news is { IsEverything: true } or { Keys.Count: > 0 } or { Tags.Count: > 0 })
        {
            var told = new SolidCacheInvalidation(Ours(news.Keys), Ours(news.Tags), news.IsEverything);
            telemetry.Invalidated(told.Keys.Count + told.Tags.Count);
            // Before the handlers: what was read until now is not kept after them.
            Interlocked.Increment(ref _version);
            foreach (var handler in _changes)
            {
                Call(handler, told);
            }
        }

        foreach (var (channel, text) in news.Messages)
        {
            foreach (var (wanted, handler) in _messages)
            {
                if (wanted == channel)
                {
                    Call(handler, text);
                }
            }
        }
    }

    /// <summary>The log has been read, and all was told.</summary>
    public void Seen() => Interlocked.Exchange(ref _seen, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public void Connected(bool isAgain)
    {
        foreach (var handler in _connections)
        {
            Call(handler, isAgain);
        }
    }

    public void End() => _ended.TrySetResult();

    private List<string> Ours(IReadOnlyList<string> stored) => [.. stored.Select(keys.NameOf).OfType<string>()];

    [SuppressMessage("Design", "CA1031", Justification = "What a handler throws is no reason not to tell the others.")]
    private void Call<T>(Action<T> handler, T told)
    {
        try
        {
            handler(told);
        }
        catch (Exception error)
        {
            log.HandlerFailed(error);
        }
    }

    private Subscription Add<T>(ref T[] handlers, T handler, Action remove)
    {
        lock (_gate)
        {
            handlers = [.. handlers, handler];
        }

        return new(remove);
    }

    private void Remove<T>(ref T[] handlers, T handler)
    {
        lock (_gate)
        {
            var place = Array.IndexOf(handlers, handler);
            handlers = place < 0 ? handlers : [.. handlers[..place], .. handlers[(place + 1)..]];
        }
    }

    private sealed class Subscription(Action remove) : IDisposable
    {
        private Action? _remove = remove;

        public void Dispose() => Interlocked.Exchange(ref _remove, null)?.Invoke();
    }
}
