using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Backplane;

namespace SolidCache.Postgres.FusionCache.Backplane;

/// <summary>
/// What the log tells one FusionCache. Its handlers read from the table, and so they are called beside the thread that reads the log, out of a bounded queue. What does not
/// fit in is lost, and treated as what the log itself cannot tell: all that is remembered expires.
/// </summary>
internal sealed class Subscription : IDisposable
{
    /// <summary>About a second's worth.</summary>
    private const int MostWaiting = 10_000;

    /// <summary>Their reads share a statement. FusionCache tells by timestamps which of two messages of a key is the later one.</summary>
    private const int HandledTogether = 16;

    private const string Witness = "solid_cache:expired";

    /// <summary>For longer than a first read takes, so that what never expires holds up no messages.</summary>
    private const int MostClears = 10;

    private static readonly TimeSpan UntilReadsAreOver = TimeSpan.FromSeconds(1);

    private readonly Channel<byte[]?> _waiting = Channel.CreateBounded<byte[]?>(MostWaiting);
    private readonly CancellationTokenSource _ending = new();
    private readonly ISolidCacheInvalidations _invalidations;
    private readonly BackplaneSubscriptionOptions _options;
    private readonly Func<IFusionCache> _cache;
    private readonly IDisposable[] _subscriptions;
    private int _isLost;
    private int _isReconnected;
    private bool _isLate;

    public Subscription(ISolidCacheInvalidations invalidations, BackplaneSubscriptionOptions options, Func<IFusionCache> cache)
    {
        ChannelName = options.ChannelName ?? throw new ArgumentException("The backplane needs the name of a channel.", nameof(options));
        (_invalidations, _options, _cache) = (invalidations, options, cache);
        _subscriptions =
        [
            invalidations.SubscribeMessages(ChannelName, message => Wake(message)),
            invalidations.Subscribe(change => Wake(ref _isLost, change.IsEverything)),
            invalidations.SubscribeConnected(isAgain => Wake(ref _isReconnected, isAgain || Volatile.Read(ref _isLate))),
        ];
        // Nothing of the caller's, such as the activity of the request that made the cache, belongs to what is told later.
        using (ExecutionContext.SuppressFlow())
        {
            _ = HandleAllAsync();
        }
    }

    public string ChannelName { get; }

    /// <exception cref="TimeoutException">The log could not be read within the limit.</exception>
    public async Task ListenAsync(TimeSpan limit)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        waiting.CancelAfter(limit);
        try
        {
            await _invalidations.WaitUntilCurrentAsync(waiting.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!_ending.IsCancellationRequested)
        {
            Volatile.Write(ref _isLate, true);
            throw new TimeoutException($"The log of changes could not be read within {limit}. The backplane listens as soon as it can be.");
        }

        await ConnectedAsync(isReconnection: false).ConfigureAwait(false);
    }

    public void Dispose()
    {
        foreach (var subscription in _subscriptions)
        {
            subscription.Dispose();
        }

        _ending.Cancel();
        _ending.Dispose();
    }

    private void Wake(ref int flag, bool isSet)
    {
        if (isSet)
        {
            Volatile.Write(ref flag, 1);
            Wake(message: null);
        }
    }

    private void Wake(byte[]? message)
    {
        if (!_waiting.Writer.TryWrite(message) && message is not null)
        {
            // What fills the queue is handled after this, or there is room by now.
            Wake(ref _isLost, isSet: true);
        }
    }

    private async Task HandleAllAsync()
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = HandledTogether, CancellationToken = _ending.Token };
        await Parallel.ForEachAsync(_waiting.Reader.ReadAllAsync(_ending.Token), options, HandleAsync).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [SuppressMessage("Design", "CA1031", Justification = "FusionCache logs what fails; the next message is handled all the same.")]
    private async ValueTask HandleAsync(byte[]? message, CancellationToken cancellationToken)
    {
        try
        {
            var (isLost, isReconnected) = (Interlocked.Exchange(ref _isLost, 0) != 0, Interlocked.Exchange(ref _isReconnected, 0) != 0);
            if (isLost || isReconnected)
            {
                await ConnectedAsync(isReconnection: true).ConfigureAwait(false);
            }

            if (isLost)
            {
                await ExpireAllAsync(cancellationToken).ConfigureAwait(false);
            }

            if (message is not null)
            {
                await ReceivedAsync(BackplaneMessage.FromByteArray(message)).ConfigureAwait(false);
            }
        }
        catch (Exception)
        {
            // Of another version, or of a cache that has ended.
        }
    }

    private ValueTask ConnectedAsync(bool isReconnection)
    {
        if (_options.ConnectHandlerAsync is { } handle)
        {
            return handle(new(isReconnection));
        }

        _options.ConnectHandler?.Invoke(new(isReconnection));
        return ValueTask.CompletedTask;
    }

    private ValueTask ReceivedAsync(BackplaneMessage message)
    {
        if (_options.IncomingMessageHandlerAsync is { } handle)
        {
            return handle(message);
        }

        _options.IncomingMessageHandler?.Invoke(message);
        return ValueTask.CompletedTask;
    }

    /// <summary>On this node only: the others have been told, or find out for themselves. FusionCache has nothing that would forget its memory and keep the table.</summary>
    /// <remarks>
    /// A read that is FusionCache's first of an entry asks the table when all was last cleared, and puts what it finds in the place of what a clear has put there meanwhile. So an entry
    /// of this method's own, which is read before, shows afterwards whether the clear has stayed.
    /// </remarks>
    private async ValueTask ExpireAllAsync(CancellationToken cancellationToken)
    {
        var cache = _cache();
        var here = cache.CreateEntryOptions(static options => options.SetSkipDistributedCache(true, true).SetAllowStaleOnReadOnly(false), TimeSpan.FromDays(10));
        await RememberWitnessAsync(cache, here, cancellationToken).ConfigureAwait(false);
        var clears = 0;
        do
        {
            await cache.ClearAsync(allowFailSafe: true, here, cancellationToken).ConfigureAwait(false);
            await Task.Delay(UntilReadsAreOver, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
        while (++clears < MostClears && (await cache.TryGetAsync<bool>(Witness, here, cancellationToken).ConfigureAwait(false)).HasValue);
    }

    [SuppressMessage("Design", "CA1031", Justification = "A memory may take none, as one that is full, or wants a size of each entry: all expires without a witness then.")]
    private static async ValueTask RememberWitnessAsync(IFusionCache cache, FusionCacheEntryOptions here, CancellationToken cancellationToken)
    {
        try
        {
            await cache.SetAsync(Witness, true, here, tags: null, cancellationToken).ConfigureAwait(false);
            await cache.TryGetAsync<bool>(Witness, here, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // See above.
        }
    }
}
