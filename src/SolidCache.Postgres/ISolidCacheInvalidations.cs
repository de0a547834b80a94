namespace SolidCache.Postgres;

/// <summary>
/// What other nodes change, and whoever else writes to the table: for applications that keep entries in memory of their own. Nothing that was committed is left
/// out, however long the connection is away. See <see cref="SolidCacheInvalidationOptions"/>.
/// </summary>
/// <remarks>
/// To keep what was read: note <see cref="Version"/>, which must not be null, read the entry, keep it, and drop it again if the version has changed. To use it: only while
/// <see cref="IsCurrent"/>.
/// </remarks>
public interface ISolidCacheInvalidations
{
    /// <summary>
    /// Gets a value indicating whether all has been told that was committed until <see cref="SolidCacheInvalidationOptions.MaxStaleness"/> ago. False at first, and while the
    /// log cannot be read; what is kept then may be relied on again when it is true again.
    /// </summary>
    bool IsCurrent { get; }

    /// <summary>Gets a number that grows with everything that is told; null while <see cref="IsCurrent"/> is false.</summary>
    long? Version { get; }

    /// <summary>Waits until <see cref="IsCurrent"/> is true.</summary>
    /// <param name="token">Ends the wait.</param>
    /// <returns>When it is.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The cache has ended.</exception>
    Task WaitUntilCurrentAsync(CancellationToken token = default);

    /// <summary>Has a handler called with everything that is told from now on, one call at a time, on the thread that reads the log: it must not block.</summary>
    /// <param name="handler">What it throws is logged, and lost.</param>
    /// <returns>Ends the subscription when disposed of.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="handler"/> is null.</exception>
    IDisposable Subscribe(Action<SolidCacheInvalidation> handler);

    /// <summary>Has a handler called whenever the log can be read: at first, and again after it could not be.</summary>
    /// <param name="handler">Told whether it could not be read for a while. It must not block, and what it throws is logged, and lost.</param>
    /// <returns>Ends the subscription when disposed of.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="handler"/> is null.</exception>
    IDisposable SubscribeConnected(Action<bool> handler);

    /// <summary>Has a handler called with every message on a channel that is published from now on by any node, this one too.</summary>
    /// <remarks>
    /// They come in no particular order: number them, where it matters. Those that are lost (of a node that was away for longer than five minutes, of a log that could not be read three times in a row, or of more than 20,000 messages and
    /// changes between two looks) are told to <see cref="Subscribe"/>, as <see cref="SolidCacheInvalidation.IsEverything"/>.
    /// </remarks>
    /// <param name="channel">The channel, exactly. Any string; caches with another table or <see cref="PostgresSolidCacheOptions.KeyPrefix"/> have channels of their own.</param>
    /// <param name="handler">It must not block, and what it throws is logged, and lost.</param>
    /// <returns>Ends the subscription when disposed of.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    IDisposable SubscribeMessages(string channel, Action<byte[]> handler);

    /// <summary>Sends a message to every node that subscribes to the channel. One that cannot be reached now gets it when it can, within five minutes.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="message">Up to 1 MB.</param>
    /// <param name="token">Ends the wait.</param>
    /// <returns>When it is committed.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="channel"/> is null.</exception>
    /// <exception cref="ArgumentException">The message is too long.</exception>
    /// <exception cref="SolidCacheException">It could not be stored; driver's errors and <see cref="TimeoutException"/> likewise.</exception>
    Task PublishAsync(string channel, ReadOnlyMemory<byte> message, CancellationToken token = default);

    /// <inheritdoc cref="PublishAsync"/>
    /// <summary>The same, blocking.</summary>
    void Publish(string channel, ReadOnlyMemory<byte> message, CancellationToken token = default);
}
