namespace SolidCache.Postgres.IntegrationTests.Contracts;

/// <summary>The ways of calling the cache, and of sending what is called, that a contract is run with.</summary>
public enum Calling
{
    /// <summary>The asynchronous half of the interface; calls travel together.</summary>
    Async,

    /// <summary>The synchronous half.</summary>
    Sync,

    /// <summary>The asynchronous half; each call is a statement of its own.</summary>
    AsyncDirect,

    /// <summary>The synchronous half; each call is a statement of its own.</summary>
    SyncDirect,

    /// <summary>As <see cref="Async"/>; values are stored compressed from the first byte on, wherever that makes them smaller.</summary>
    Compressed,
}
