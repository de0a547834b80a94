using Microsoft.Extensions.Caching.Distributed;
using Npgsql;

namespace SolidCache.Postgres;

/// <summary>How a cache stores, expires and sweeps its entries. Validated when the host starts; read once.</summary>
public sealed class PostgresSolidCacheOptions
{
    /// <summary>Gets or sets the connection string of the cache's own data source: Npgsql's, or a <c>postgresql://</c> URI.</summary>
    /// <value>
    /// Default: null, which uses the <c>NpgsqlDataSource</c> registered under the cache's service key, else the unkeyed one.
    /// </value>
    public string? ConnectionString { get; set; }

    /// <summary>Gets or sets a data source that is in no container. Not public, and a function, since the generated binding looks at every property that could hold a value.</summary>
    internal Func<NpgsqlDataSource>? DataSource { get; set; }

    /// <summary>Gets or sets the data source of the cache that the options were copied from: unlike <see cref="DataSource"/>, it stands back behind a connection string.</summary>
    internal Func<NpgsqlDataSource>? CopiedDataSource { get; set; }

    /// <summary>Gets or sets the schema of the cache's table and functions.</summary>
    /// <value>Default: <c>public</c>. 1 to 63 bytes of UTF-8; taken literally, so that <c>My-Schema</c> needs no quotes.</value>
    public string SchemaName { get; set; } = "public";

    /// <summary>Gets or sets the name of the table.</summary>
    /// <value>
    /// Default: <c>solid_cache_entries</c>. 1 to 46 bytes of UTF-8, taken literally; not <c>solid_cache</c>, and without <c>_state</c> at
    /// the end: that names the table beside one.
    /// </value>
    public string TableName { get; set; } = "solid_cache_entries";

    /// <summary>Gets or sets what separates this application's keys from those of others in the same table.</summary>
    /// <value>
    /// Default: null, no prefix. 1 to 128 bytes of UTF-8 without <c>^</c>, which separates it from the key: <c>app</c> stores the
    /// key <c>user:1</c> as <c>app^user:1</c>.
    /// </value>
    public string? KeyPrefix { get; set; }

    /// <summary>Gets or sets a value indicating whether the cache creates and upgrades its own schema objects.</summary>
    /// <value>
    /// Default: true. When they are there and up to date already, no privilege to create anything is needed; those of a role that this one is no
    /// member of are refused, unless it is a superuser, or owns the schema or the database. When false, run the script of
    /// <see cref="PostgresSolidCacheSchema.GetScript"/> yourself, as whatever role.
    /// </value>
    public bool CreateSchemaIfNotExists { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether the table is created <c>UNLOGGED</c>.</summary>
    /// <value>
    /// Default: false. When true, a crash or failover of the server empties the cache, and standbys cannot read it. A table that
    /// exists with the other setting is an error at start, never altered.
    /// </value>
    public bool UnloggedTable { get; set; }

    /// <summary>Gets or sets a value indicating whether a table is taken as it is found, logged or not, as the tool does.</summary>
    internal bool TakesEitherTable { get; set; }

    /// <summary>Gets or sets what an acknowledged set survives.</summary>
    /// <value>Default: <see cref="SolidCacheDurability.Relaxed"/>. Removes are always durable.</value>
    public SolidCacheDurability Durability { get; set; } = SolidCacheDurability.Relaxed;

    /// <summary>Gets the starts of keys that are set durably even when <see cref="Durability"/> is relaxed.</summary>
    /// <value>
    /// Default: <c>__MSFT_HCT__</c>, under which HybridCache stores that a tag was invalidated: a removal in the form of a set.
    /// </value>
    public IList<string> DurableKeyPrefixes { get; } = ["__MSFT_HCT__"];

    /// <summary>Gets or sets the sliding expiration of entries that are set without any expiration.</summary>
    /// <value>Default: 20 minutes. Positive, or null for entries that never expire.</value>
    public TimeSpan? DefaultSlidingExpiration { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>Gets or sets how long entries live at most that are set without any expiration, however often they are read.</summary>
    /// <value>
    /// Default: null, for ever. Positive. <see cref="DefaultSlidingExpiration"/> applies within it; set that to null for this one alone.
    /// </value>
    public TimeSpan? DefaultAbsoluteExpiration { get; set; }

    /// <summary>Gets or sets a value indicating whether reading an entry extends its sliding expiration.</summary>
    /// <value>
    /// Default: true. When false, only <see cref="IDistributedCache.Refresh"/> does, which suits ASP.NET Core's session: it refreshes by
    /// itself at the end of each request.
    /// </value>
    public bool RefreshSlidingExpirationOnGet { get; set; } = true;

    /// <summary>
    /// Gets or sets how much longer than its window a sliding entry may live, as a part of the window. An entry is touched when less
    /// than its window remains, so a busy entry is written once per slack instead of at every read.
    /// </summary>
    /// <value>Default: 0.1, a tenth. 0.01 to 1.</value>
    public double SlidingExpirationSlack { get; set; } = 0.1;

    /// <summary>Gets or sets the size in bytes above which a value is refused before anything is sent, and one that others have stored is not fetched.</summary>
    /// <value>
    /// Default: 67,108,864 (64 MB). 1 to 500,000,000: pg_dump writes a value as hexadecimal text, and a row of more than 1 GB of it
    /// cannot be dumped. A larger one in the table is a miss, and a warning in the log: lower the option on no node before those that set such values.
    /// </value>
    public int MaxValueBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Gets or sets from how many bytes on a value is stored compressed (LZ4), by the process that sets it.</summary>
    /// <value>
    /// Default: null: none is. 1 to 500,000,000; 2,048 is what PostgreSQL itself compresses from. A value that would keep seven eighths of its bytes is stored as it is. Every
    /// node reads compressed values, whatever its own option says, and values of before stay as they are; SQL finds null in the column <c>value</c>. Set it when all nodes
    /// have a library of schema version 6 or later: older ones read compressed entries as misses.
    /// </value>
    public int? CompressValuesFrom { get; set; }

    /// <summary>Gets or sets a value indicating whether this cache only reads, as a role with nothing but <c>SELECT</c> on the two tables can.</summary>
    /// <value>
    /// Default: false. When true, sets, refreshes and extensions of sliding expirations are quietly not done, as if the entry had been pushed out at once;
    /// removals throw a <see cref="SolidCacheException"/>, since somebody relies on them; both also in a transaction of the application's; and neither schema nor sweep is seen to.
    /// </value>
    public bool ReadOnly { get; set; }

    /// <summary>Gets or sets how long a call may take, waiting included, before it fails with a time-out.</summary>
    /// <value>
    /// Default: 5 seconds. 1 second to 1 hour. It counts from the call's beginning, synchronous or asynchronous, also while the server hangs. A write that ran
    /// out of time is not carried out later; docs/reliability.md names the exceptions. Removal by prefix or pattern and sweeps are bounded by their tokens
    /// instead; each of their statements has this limit, and so has a removal's wait for rows that others have locked, of which none becomes free meanwhile.
    /// </value>
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets or sets what becomes of a call while the server, or the way to it, is away.</summary>
    /// <value>
    /// Default: <see cref="SolidCacheFailureMode.Throw"/>. Errors of configuration (a missing table or right, a refused login) and
    /// removes always throw.
    /// </value>
    public SolidCacheFailureMode FailureMode { get; set; } = SolidCacheFailureMode.Throw;

    /// <summary>Gets or sets what is told of each error that <see cref="SolidCacheFailureMode.Degrade"/> keeps from a caller.</summary>
    /// <value>
    /// Default: null. Called before the call ends, perhaps thousands of times a second: count, do not log each. What it throws is ignored.
    /// </value>
    public Action<SolidCacheDegradation>? OnDegraded { get; set; }

    /// <summary>Gets or sets a value indicating whether calls that arrive while another is under way travel together.</summary>
    /// <value>
    /// Default: true: several times the throughput of a statement a call. When false, each call is a statement of its own, on the same connections.
    /// </value>
    public bool Coalescing { get; set; } = true;

    /// <summary>Gets or sets how many connections reads share, synchronous and asynchronous, each with a batch under way.</summary>
    /// <value>
    /// Default: 2. 1 to 32. To a server that the network takes long to reach, reads and writes take four more between them, unless either is 1. They are given
    /// back whenever nothing is to be read. While the server hangs there may be as many again. Docs/reliability.md lists all connections of a cache.
    /// </value>
    public int ReadConnections { get; set; } = 2;

    /// <summary>Gets or sets how many connections writes share, synchronous and asynchronous, each with a batch under way.</summary>
    /// <value>Default: 2. 1 to 32; see <see cref="ReadConnections"/>.</value>
    public int WriteConnections { get; set; } = 2;

    /// <summary>
    /// Gets or sets how many reads, and as many writes, may wait for the server. Beyond, calls fail at once with a
    /// <see cref="SolidCacheException"/> instead of waiting behind the others.
    /// </summary>
    /// <value>
    /// Default: 10,000. 100 to 1,000,000. The values of waiting writes are limited to 256 MB besides. Touches of sliding expirations do not count.
    /// </value>
    public int MaxQueuedCalls { get; set; } = 10_000;

    /// <summary>Gets or sets a value indicating whether statements may be prepared although a connection pooler sits in between.</summary>
    /// <value>
    /// Default: false: the cache detects a pooler and prepares nothing behind it. Set it to true only for a pooler that keeps
    /// prepared statements apart by client, as PgBouncer does from 1.21 with <c>max_prepared_statements</c> above zero, or in session mode.
    /// </value>
    public bool PoolerSupportsPreparedStatements { get; set; }

    /// <summary>Gets whether the cache tells what other nodes change, and how soon.</summary>
    /// <value>Off by default.</value>
    public SolidCacheInvalidationOptions Invalidation { get; private set; } = new();

    /// <summary>Gets how the <c>HybridCache</c> of <c>AddPostgresSolidHybridCache</c> keeps entries.</summary>
    /// <value>No other cache looks at it.</value>
    public SolidCacheHybridOptions Hybrid { get; private set; } = new();

    /// <summary>Gets or sets a value indicating whether this process sweeps expired entries.</summary>
    /// <value>Default: true. When false, schedule <c>CALL sweep_expired_cache()</c> elsewhere.</value>
    public bool SweepExpiredEntries { get; set; } = true;

    /// <summary>Gets or sets how often expired entries are swept, by one node of all that share the table.</summary>
    /// <value>Default: 1 hour. 1 second to 30 days.</value>
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Gets or sets how much of the table a sweep reads in a second, in megabytes (10^6 bytes).</summary>
    /// <value>Default: 50. 1 to 100,000.</value>
    public int SweepMegabytesPerSecond { get; set; } = 50;

    /// <summary>Gets or sets a value indicating whether the cache reports figures to the meter.</summary>
    internal bool IsMetered { get; set; } = true;

    /// <summary>Gets or sets a value indicating whether calls are spans.</summary>
    internal bool IsTraced { get; set; } = true;

    /// <summary>Takes over every option of another cache, its data source included: for a second one beside it, with a <see cref="KeyPrefix"/> or a <see cref="TableName"/> of its own.</summary>
    /// <param name="other">The other cache's.</param>
    /// <exception cref="ArgumentNullException"><paramref name="other"/> is null.</exception>
    public void CopyFrom(PostgresSolidCacheOptions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        ConnectionString = other.ConnectionString;
        CopiedDataSource = other.DataSource ?? other.CopiedDataSource;
        SchemaName = other.SchemaName;
        TableName = other.TableName;
        KeyPrefix = other.KeyPrefix;
        CreateSchemaIfNotExists = other.CreateSchemaIfNotExists;
        UnloggedTable = other.UnloggedTable;
        TakesEitherTable = other.TakesEitherTable;
        Durability = other.Durability;
        DefaultSlidingExpiration = other.DefaultSlidingExpiration;
        DefaultAbsoluteExpiration = other.DefaultAbsoluteExpiration;
        RefreshSlidingExpirationOnGet = other.RefreshSlidingExpirationOnGet;
        SlidingExpirationSlack = other.SlidingExpirationSlack;
        MaxValueBytes = other.MaxValueBytes;
        CompressValuesFrom = other.CompressValuesFrom;
        ReadOnly = other.ReadOnly;
        OperationTimeout = other.OperationTimeout;
        FailureMode = other.FailureMode;
        OnDegraded = other.OnDegraded;
        Coalescing = other.Coalescing;
        ReadConnections = other.ReadConnections;
        WriteConnections = other.WriteConnections;
        MaxQueuedCalls = other.MaxQueuedCalls;
        PoolerSupportsPreparedStatements = other.PoolerSupportsPreparedStatements;
        Invalidation = other.Invalidation with { };
        Hybrid = other.Hybrid with { };
        SweepExpiredEntries = other.SweepExpiredEntries;
        SweepInterval = other.SweepInterval;
        SweepMegabytesPerSecond = other.SweepMegabytesPerSecond;
        IsMetered = other.IsMetered;
        IsTraced = other.IsTraced;
        string[] prefixes = [.. other.DurableKeyPrefixes];
        DurableKeyPrefixes.Clear();
        foreach (var prefix in prefixes)
        {
            DurableKeyPrefixes.Add(prefix);
        }
    }
}
