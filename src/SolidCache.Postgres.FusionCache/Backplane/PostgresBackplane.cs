using ZiggyCreatures.Caching.Fusion;
using ZiggyCreatures.Caching.Fusion.Backplane;

namespace SolidCache.Postgres.FusionCache.Backplane;

/// <summary>FusionCache's messages as rows of the log of changes, which every node reads exactly.</summary>
/// <param name="invalidations">The log.</param>
/// <param name="cache">The cache whose backplane it is, once it is made.</param>
/// <param name="limit">How long a subscription waits for the server.</param>
internal sealed class PostgresBackplane(ISolidCacheInvalidations invalidations, Func<IFusionCache> cache, TimeSpan limit) : IFusionCacheBackplane
{
    private Subscription? _subscription;

    /// <summary>Returns when it listens.</summary>
    /// <exception cref="TimeoutException">The server is away. It listens as soon as it is back.</exception>
    public async ValueTask SubscribeAsync(BackplaneSubscriptionOptions subscriptionOptions)
    {
        ArgumentNullException.ThrowIfNull(subscriptionOptions);
        var subscription = new Subscription(invalidations, subscriptionOptions, cache);
        Interlocked.Exchange(ref _subscription, subscription)?.Dispose();
        await subscription.ListenAsync(limit).ConfigureAwait(false);
    }

    public void Subscribe(BackplaneSubscriptionOptions options) => SubscribeAsync(options).AsTask().GetAwaiter().GetResult();

    public ValueTask UnsubscribeAsync()
    {
        Unsubscribe();
        return ValueTask.CompletedTask;
    }

    public void Unsubscribe() => Interlocked.Exchange(ref _subscription, null)?.Dispose();

    public async ValueTask PublishAsync(BackplaneMessage message, FusionCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        await invalidations.PublishAsync(Channel(), BackplaneMessage.ToByteArray(message), token).ConfigureAwait(false);
    }

    public void Publish(BackplaneMessage message, FusionCacheEntryOptions options, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        invalidations.Publish(Channel(), BackplaneMessage.ToByteArray(message), token);
    }

    private string Channel() =>
        Volatile.Read(ref _subscription)?.ChannelName ?? throw new InvalidOperationException("The backplane has no subscription, and so no channel to publish on.");
}
