namespace SolidCache.Postgres;

/// <summary>
/// Whether a cache tells what others change, for nodes that keep entries in their memory, and how soon. Whoever needs it switches it on:
/// <c>AddPostgresSolidHybridCache</c> does.
/// </summary>
public sealed record SolidCacheInvalidationOptions
{
    /// <summary>Gets or sets a value indicating whether changes of the table are logged, and the log is read. See <see cref="ISolidCacheInvalidations"/>.</summary>
    /// <value>
    /// Default: false. True puts triggers on the table, for which the role must own it; or its owner runs <c>SELECT solid_cache_log_changes(true)</c>. They stay
    /// when it is false again, since other nodes may read on, until somebody runs <c>SELECT solid_cache_log_changes(false)</c>.
    /// </value>
    public bool Enabled { get; set; }

    /// <summary>Gets or sets a value indicating whether a connection is kept on which other nodes tell that something has changed, so that it is seen within milliseconds.</summary>
    /// <value>Default: true. When false, or as long as there is no such connection, the log is read every <see cref="PollInterval"/>.</value>
    public bool Listen { get; set; } = true;

    /// <summary>Gets or sets the connection string of that one connection, for applications behind a pooler: notifications do not pass most of them.</summary>
    /// <value>Default: null, that of the cache. Npgsql's, or a <c>postgresql://</c> URI, to the same database.</value>
    public string? ListenerConnectionString { get; set; }

    /// <summary>Gets or sets how often the log is read when nobody tells that something has changed.</summary>
    /// <value>Default: 0.5 seconds. 0.05 to 60 seconds.</value>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Gets or sets the bound on staleness: how long memory may be relied on while the log cannot be read, because the server or the way to it is away. After
    /// it, entries are read from the table again, until the log tells what has changed meanwhile.
    /// </summary>
    /// <value>Default: 2 seconds. At least twice <see cref="PollInterval"/>, at most 4 minutes.</value>
    public TimeSpan MaxStaleness { get; set; } = TimeSpan.FromSeconds(2);
}
