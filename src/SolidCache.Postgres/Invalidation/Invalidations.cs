using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Invalidation;

/// <summary>What the cache tells, as its users see it.</summary>
internal sealed class Invalidations(InvalidationReader reader, InvalidationLog log, Subscriptions subscriptions, CacheLife life) : ISolidCacheInvalidations
{
    private const int MostMessageBytes = 1024 * 1024;

    public bool IsCurrent => reader.IsCurrent;

    public long? Version => reader.IsCurrent ? subscriptions.Version : null;

    public async Task WaitUntilCurrentAsync(CancellationToken token = default)
    {
        while (!reader.IsCurrent)
        {
            life.ThrowIfOver();
            reader.Look();
            await subscriptions.WhenSeenAsync(token).ConfigureAwait(false);
        }
    }

    public IDisposable Subscribe(Action<SolidCacheInvalidation> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return subscriptions.Add(handler);
    }

    public IDisposable SubscribeConnected(Action<bool> handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return subscriptions.Add(handler);
    }

    public IDisposable SubscribeMessages(string channel, Action<byte[]> handler)
    {
        ArgumentNullException.ThrowIfNull(channel);
        ArgumentNullException.ThrowIfNull(handler);
        return subscriptions.Add(channel, handler);
    }

    public async Task PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken token = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        if (message.Length > MostMessageBytes)
        {
            throw new ArgumentException($"The message has {message.Length} bytes; {MostMessageBytes} are allowed.", nameof(message));
        }

        life.ThrowIfOver();
        await PublishAsync(log.PublishAsync(channel, message, token)).ConfigureAwait(false);
    }

    /// <summary>Has every node drop all that it remembers, whatever it is.</summary>
    public Task PublishEverythingAsync(CancellationToken cancellationToken) => PublishAsync(log.PublishEverythingAsync(cancellationToken));

    private async Task PublishAsync(Task publication)
    {
        try
        {
            await publication.ConfigureAwait(false);
        }
        catch (Outage outage)
        {
            outage.ThrowCause();
            throw;
        }
        finally
        {
            reader.HasWritten();
        }
    }
}
