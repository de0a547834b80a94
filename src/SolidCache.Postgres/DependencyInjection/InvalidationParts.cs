using System.Diagnostics.CodeAnalysis;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Hybrid;
using SolidCache.Postgres.Invalidation;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>The parts of a cache that tell what other nodes change; made where somebody asked for it.</summary>
internal sealed class InvalidationParts : IDisposable
{
    private readonly InvalidationReader _reader;
    private readonly Subscriptions _subscriptions;
    private readonly InvalidationListener? _listener;
    private readonly CacheDataSource? _listeners;
    private readonly KeySpace _keys;

    [SuppressMessage("Usage", "CA2213", Justification = "The container disposes of the HybridCache whose memory it is.")]
    private volatile NodeMemory? _memory;

    public InvalidationParts(
        SolidCacheInvalidationOptions options, string name, CacheDataSource dataSource, ConnectionSource connections, SqlNames names, KeySpace keys, CacheLife life, CallClock clock, CacheTelemetry telemetry, Log log)
    {
        var (statements, publishing) = (new InvalidationStatements(names), new SideWork(connections, clock, "publication"));
        var history = new InvalidationLog(connections, statements, names.Channel, publishing, clock);
        _keys = keys;
        _subscriptions = new Subscriptions(keys, telemetry, log);
        _reader = new(history, options, _subscriptions, clock, telemetry, names.Table, log);
        var publisher = new Publisher(publishing, statements.Publish, _reader.HasWritten, clock, names.Table);
        Invalidations = new(_reader, history, publisher, _subscriptions, keys, life);
        telemetry.LogAge = () => _reader.Age;
        if (options.Listen)
        {
            _listeners = options.ListenerConnectionString is { } own ? CacheDataSource.Of(own, name, clock.Limit) : null;
            _listener = new((_listeners ?? dataSource).Source, names.Channel, _reader, clock, telemetry, names.Table, log);
        }
    }

    public Invalidations Invalidations { get; }

    /// <summary>The store whose writes the other nodes are told of; for who keeps the memory of this process himself.</summary>
    public IEntryStore Announcing(IEntryStore store) => new AnnouncingEntryStore(store, _reader);

    /// <summary>The store whose writes the memory of this process is told of too, before they return.</summary>
    public IEntryStore AnnouncingHere(IEntryStore store) => new AnnouncingEntryStore(store, _reader, Forget, ForgetTags);

    /// <summary>The memory of a process, told by these parts.</summary>
    public NodeMemory Remember(SolidCacheHybridOptions options) => _memory = new(_reader, _subscriptions, options);

    public void Start()
    {
        _reader.Start();
        _listener?.Start();
    }

    public void Dispose()
    {
        _listener?.Dispose();
        _reader.Dispose();
        _listeners?.Dispose();
    }

    private void Forget(CacheKey key)
    {
        if (_memory is { } memory && _keys.NameOf(key.Stored) is { } name)
        {
            memory.Forget(name);
        }
    }

    private void ForgetTags(IReadOnlyList<CacheKey> tags) => _memory?.ForgetTags(tags.Select(tag => _keys.NameOf(tag.Stored)).OfType<string>());
}
