using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Invalidation;

/// <summary>What the cache tells, as its users see it.</summary>
internal sealed class Invalidations(InvalidationReader reader, InvalidationLog log, Publisher publisher, Subscriptions subscriptions, KeySpace keys, CacheLife life) : ISolidCacheInvalidations
{
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

    public async Task PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken token = default) =>
        await PublishAsync(channel, message, async: true, token).ConfigureAwait(false);

    public void Publish(string channel, ReadOnlyMemory<byte> message, CancellationToken token = default) =>
        PublishAsync(channel, message, async: false, token).Completed();

    /// <summary>Has every node drop all that it remembers, whatever it is.</summary>
    public async Task PublishEverythingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await log.PublishEverythingAsync(cancellationToken).ConfigureAwait(false);
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

    private ValueTask PublishAsync(string channel, ReadOnlyMemory<byte> message, bool async, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(channel);
        if (message.Length > InvalidationStatements.MostMessageBytes)
        {
            throw new ArgumentException($"The message has {message.Length} bytes; {InvalidationStatements.MostMessageBytes} are allowed.", nameof(message));
        }

        life.ThrowIfOver();
        return publisher.PublishAsync(keys.Map(channel).Stored, message.ToArray(), async, cancellationToken);
    }
}
