using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Compression;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Hybrid;
using SolidCache.Postgres.Leasing;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Sweeping;
using SolidCache.Postgres.Transactions;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>One cache and the parts it is made of, put together in one place.</summary>
internal sealed class CacheParts : IAsyncDisposable, IDisposable
{
    private readonly CacheDataSource _dataSource;
    private readonly EntryStore _entries;
    private readonly CacheTelemetry _telemetry;
    private readonly CircuitBreaker _readBreaker;
    private readonly CircuitBreaker _writeBreaker;
    private readonly CircuitBreaker _roomBreaker;
    private readonly Degradation? _degradation;
    private readonly LeasedFactory _factory;
    private readonly InvalidationParts? _invalidation;
    private readonly Func<IServiceProvider, SolidHybridCache>? _hybrid;
    private int _isDisposed;

    /// <param name="options">Known to be valid.</param>
    /// <param name="name">The service key and the name of the options; empty for the unkeyed cache.</param>
    /// <param name="application">The name that all of its nodes have; null where there is no host.</param>
    /// <param name="dataSource">Disposed of with the parts.</param>
    /// <param name="claims">Of the container.</param>
    /// <param name="instruments">Of the container.</param>
    /// <param name="time">The application's.</param>
    /// <param name="loggers">The application's.</param>
    public CacheParts(
        PostgresSolidCacheOptions options, string name, string? application, CacheDataSource dataSource, TableClaims claims, CacheInstruments instruments, TimeProvider time, ILoggerFactory loggers)
    {
        var log = new Log(loggers);
        var table = new TableName(options.SchemaName, options.TableName);
        var names = new SqlNames(table);

        _telemetry = new CacheTelemetry(options.IsMetered ? instruments : CacheInstruments.Silent, name, TimeProvider.System, options.IsTraced);
        _dataSource = dataSource;
        // Limits, breakers and measurements are of the real world, whatever clock the application has for its entries.
        var serverClock = new ServerClock(TimeProvider.System);
        var clock = new CallClock(options.OperationTimeout, TimeProvider.System, table);
        var poolers = new PoolerDetector(options.PoolerSupportsPreparedStatements, _dataSource.IsOwned, options.Invalidation.Enabled, serverClock, table, log);
        var schema = new SchemaGate(
            names, Migration.All, options.CreateSchemaIfNotExists && !options.ReadOnly, options.TakesEitherTable ? null : options.UnloggedTable, time, log, Claim, options.Invalidation.Enabled);
        var connections = new ConnectionSource(_dataSource.Source, _dataSource.IsOwned, table, poolers, serverClock, schema.Ensure, schema.Lost, clock);
        var removals = new SideWork(connections, clock, "removal");
        var sweeping = new SideWork(connections, clock, "sweep");
        var tagRemovals = new SideWork(connections, clock, "tag removal");
        var looks = new SideWork(connections, clock, "look");
        var probes = new SideWork(connections, clock, "probe");

        var life = new CacheLife();
        var compression = new ValueCompression(options.CompressValuesFrom);
        var tooLarge = new SeldomTold(TimeProvider.System);
        var statements = new EntryStatements(names, options.SlidingExpirationSlack, options.MaxValueBytes);
        var sideCalls = new SideCalls(
            connections, statements, new RangeRemoval(statements, serverClock, clock, table), new TagRemoval(names), new StatisticsReader(names), removals, tagRemovals, looks, probes);
        var limits = (options.Coalescing ? BatchLimits.Default : BatchLimits.Alone) with { MaxWaiting = options.MaxQueuedCalls };
        var reads = new ReadQueue(limits, clock, table);
        var writes = new WriteQueue(limits, clock, table);
        var watch = new Watch(Survived);
        _readBreaker = new CircuitBreaker(sideCalls.ProbeReads, (state, error) => Changed("reads", error, reads.FailWaiting), TimeProvider.System);
        _writeBreaker = new CircuitBreaker(sideCalls.ProbeWrites, (state, error) => Changed("writes", error, writes.FailWaiting), TimeProvider.System);
        _roomBreaker = new CircuitBreaker(sideCalls.ProbeWrites, (state, error) => Changed("sets", error, writes.FailWaitingSets), TimeProvider.System);

        var ends = new BackendEnd(looks, clock, life);
        var failures = new WriteFailures(connections, writes, _writeBreaker, _roomBreaker, ends, Survived, clock, log);
        var stragglers = new Stragglers(connections, statements, writes, failures, clock, _telemetry);
        var distance = new Distance(Distance.SparesOf(options.ReadConnections, options.WriteConnections, _dataSource.MaxPoolSize, options.Invalidation.Enabled));
        var readLanes = new Lanes<ReadRequest>(
            "reads", reads, options.ReadConnections, distance, () => new ReadBatchExecutor(connections, statements, reads, _readBreaker, ends, (key, began) => _entries!.TouchBehind(key, began), TooLarge, clock, _telemetry), clock, Survived);
        var writeLanes = new Lanes<KeyWrite>(
            "writes", writes, options.WriteConnections, distance, () => new WriteBatchExecutor(connections, statements, writes, stragglers, failures, clock, _telemetry), clock, Survived);
        // The breakers last: one may open while the lanes are looked after.
        watch.LookAfter(readLanes, writeLanes, _readBreaker, _writeBreaker, _roomBreaker);
        _entries = new EntryStore(
            reads, writes, readLanes, writeLanes, watch, clock, life, compression, TooLarge, sideCalls.RemoveAsync, sideCalls.RemoveTagsAsync, sideCalls.ReadStatisticsAsync);

        _degradation = options.FailureMode == SolidCacheFailureMode.Degrade
            ? new Degradation(sideCalls.RemoveStale, (operation, error) => Tell(options.OnDegraded, operation, error), TimeProvider.System)
            : null;
        var store = new ResilientEntryStore(_entries, _readBreaker, _writeBreaker, _roomBreaker, _degradation, table);
        _telemetry.Breakers = () => ((int)_readBreaker.State, (int)_writeBreaker.State);
        var figures = new TableFigures(token => store.GetStatisticsAsync(options.SweepInterval, token), TimeProvider.System);
        (_telemetry.Figures, _telemetry.Waiting) = (figures, () => (reads.Count, writes.Count));

        var sweeps = new SweepStatements(names);
        var sweeper = new Sweeper(sweeping, removals, sweeps, new SweepPass(sweeps, options.SweepMegabytesPerSecond * 1e6, TimeProvider.System), _telemetry, schema.Lost, table, log);

        var observed = new ObservedEntryStore(store, _telemetry, figures);
        var policy = new CachePolicy(options);
        _invalidation = options.Invalidation.Enabled
            ? new InvalidationParts(options.Invalidation, name, _dataSource, connections, names, policy.Keys, life, clock, _telemetry, log)
            : null;
        var entries = options.ReadOnly ? new ReadOnlyEntryStore(observed) : _invalidation?.Announcing(observed) ?? (IEntryStore)observed;
        _factory = new LeasedFactory(entries, ExpirationOf, policy.MaxValueBytes, CoarseTime.Instance, log);
        var inTransactions = new TransactionStatements(names);
        var transactional = new TransactionalWrites(inTransactions, new CacheIdentity(looks, inTransactions, table), compression, table);
        var creator = new EntryCreator(entries, _factory, policy.SlidesOnRead, CoarseTime.Instance);
        Cache = new EntryCache(options.ReadOnly ? entries : _invalidation?.AnnouncingHere(observed) ?? entries, creator, transactional, sweeper, policy, life, time);
        Locks = new LeaseLocks(entries, KeySpace.OfLocksBeside(options.KeyPrefix), life, TimeProvider.System);
        SchemaInitializer = new SchemaInitializer(sweeping, table, options.CreateSchemaIfNotExists && !options.ReadOnly ? new TagIndex(names) : null, options.OperationTimeout, TimeProvider.System, log);
        SweeperService = new SweeperService(sweeper, table, options.SweepExpiredEntries && !options.ReadOnly, options.SweepInterval, time, log);

        _invalidation?.Start();
        _hybrid = _invalidation is { } told
            ? services => new SolidHybridCache(entries, creator, policy, told.Remember(options.Hybrid), new(services, log), told.Invalidations, options.Hybrid, _telemetry, log, CoarseTime.Instance)
            : null;

        Expiration ExpirationOf(SolidCacheEntryOptions entry) => policy.ExpirationOf(entry, time);

        void Claim(FoundSchema found, Session session)
        {
            claims.Claim(found, table, options.KeyPrefix, name);
            if (application is { Length: > 0 } && options is { KeyPrefix: null, ReadOnly: false })
            {
                TableUser.Enter(session, names, application, log);
            }
        }

        // Loggers are the application's, and may take their time: no thread of the engine waits for them.
        void Survived(Exception error)
        {
            _telemetry.Failed();
            OwnThread.TryStart("log", () => log.BatchFailed(error, table));
        }

        void TooLarge()
        {
            if (tooLarge.IsDue())
            {
                OwnThread.TryStart("log", () => log.ForeignValue(table, options.MaxValueBytes));
            }
        }

        void Changed(string kind, Exception? error, Action<Func<Exception>> failWaiting)
        {
            if (error is null)
            {
                OwnThread.TryStart("log", () => log.BreakerClosed(table, kind));
                return;
            }

            failWaiting(() => new Outage(Refusal.Of(table, error)));
            // It asks the server, and who is refused wakes nobody.
            watch.Wake();
            OwnThread.TryStart("log", () => log.BreakerOpened(table, kind, CacheTelemetry.TypeOf(error)));
        }
    }

    public ISolidCache Cache { get; }

    public ISolidCacheLocks Locks { get; }

    /// <summary>What tells others' changes; null where nobody asked for it.</summary>
    public ISolidCacheInvalidations? Told => _invalidation?.Invalidations;

    /// <exception cref="InvalidOperationException">Nobody asked for it in the options.</exception>
    public ISolidCacheInvalidations Invalidations => Told
        ?? throw new InvalidOperationException($"The cache does not read what other nodes change. Set {nameof(PostgresSolidCacheOptions)}.{nameof(PostgresSolidCacheOptions.Invalidation)}.Enabled = true.");

    /// <summary>Made anew for each call; the container keeps it.</summary>
    /// <exception cref="InvalidOperationException">Somebody switched off what it relies on.</exception>
    public SolidHybridCache CreateHybrid(IServiceProvider services) => _hybrid?.Invoke(services)
        ?? throw new InvalidOperationException($"The HybridCache has to be told what other nodes change: leave {nameof(PostgresSolidCacheOptions)}.{nameof(PostgresSolidCacheOptions.Invalidation)}.Enabled true.");

    public IHostedService SchemaInitializer { get; }

    public BackgroundService SweeperService { get; }

    /// <param name="services">The application's services.</param>
    /// <param name="name">The service key and the name of the options; empty for the unkeyed cache.</param>
    public static CacheParts Of(IServiceProvider services, string name)
    {
        var options = services.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().Get(name);
        return new CacheParts(
            options,
            name,
            services.GetService<IHostEnvironment>()?.ApplicationName,
            CacheDataSource.Choose(services, name, options),
            services.GetRequiredService<TableClaims>(),
            services.GetRequiredService<CacheInstruments>(),
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
    }

    /// <summary>Carries out what was called before. Blocks, for as long as a call may take.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        try
        {
            _invalidation?.Dispose();
            _factory.Dispose();
            _entries.End();
        }
        finally
        {
            _telemetry.Dispose();
            _readBreaker.Dispose();
            _writeBreaker.Dispose();
            _roomBreaker.Dispose();
            _degradation?.Dispose();
            _dataSource.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await OwnThread.RunAsync(
        "disposal",
        () =>
        {
            Dispose();
            return true;
        }).ConfigureAwait(false);

    [SuppressMessage("Design", "CA1031", Justification = "What the application does with it is no reason to fail a call that was to be saved from failing.")]
    private void Tell(Action<SolidCacheDegradation>? application, string operation, Exception error)
    {
        _telemetry.Degraded(operation, error);
        try
        {
            application?.Invoke(new SolidCacheDegradation(operation, error));
        }
        catch (Exception)
        {
            // Promised in the documentation of the option.
        }
    }
}
