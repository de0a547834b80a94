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

    public InvalidationParts(
        SolidCacheInvalidationOptions options, string name, CacheDataSource dataSource, ConnectionSource connections, SqlNames names, KeySpace keys, CacheLife life, CallClock clock, CacheTelemetry telemetry, Log log)
    {
        var history = new InvalidationLog(connections, names, new SideWork(connections, clock, "publication"), clock);
        _subscriptions = new Subscriptions(keys, telemetry, log);
        _reader = new(history, options, _subscriptions, clock, telemetry, names.Table, log);
        Invalidations = new(_reader, history, _subscriptions, life);
        telemetry.LogAge = () => _reader.Age;
        if (options.Listen)
        {
            _listeners = options.ListenerConnectionString is { } own ? CacheDataSource.Of(own, name, clock.Limit) : null;
            _listener = new((_listeners ?? dataSource).Source, names.Channel, _reader, clock, telemetry, names.Table, log);
        }
    }

    public Invalidations Invalidations { get; }

    /// <summary>The store whose writes the other nodes are told of.</summary>
    public IEntryStore Announcing(IEntryStore store) => new AnnouncingEntryStore(store, _reader);

    /// <summary>The memory of a process, told by these parts.</summary>
    public NodeMemory Remember(SolidCacheHybridOptions options) => new(_reader, _subscriptions, options);

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
}
