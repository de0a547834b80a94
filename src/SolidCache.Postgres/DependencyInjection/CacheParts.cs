using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Sweeping;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>One cache and the parts it is made of, put together in one place.</summary>
internal sealed class CacheParts : IAsyncDisposable, IDisposable
{
    private readonly CacheDataSource _dataSource;
    private readonly CoalescingEntryStore? _coalescing;
    private readonly CacheTelemetry _telemetry;
    private readonly CircuitBreaker _readBreaker;
    private readonly CircuitBreaker _writeBreaker;
    private readonly Degradation? _degradation;

    /// <param name="services">The application's services.</param>
    /// <param name="name">The service key and the name of the options; empty for the unkeyed cache.</param>
    public CacheParts(IServiceProvider services, string name)
    {
        var options = services.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().Get(name);
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var log = new Log(services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
        var table = new TableName(options.SchemaName, options.TableName);
        var names = new SqlNames(table);

        _telemetry = new CacheTelemetry(services.GetRequiredService<CacheInstruments>(), name, time);
        _dataSource = CacheDataSource.Choose(services, name, options);
        var clock = new ServerClock(time);
        var poolers = new PoolerDetector(options.PoolerSupportsPreparedStatements, clock, table, log);
        var schema = new SchemaGate(names, Migration.All, options.CreateSchemaIfNotExists, options.UnloggedTable, time, log);
        var connections = new ConnectionSource(_dataSource.Source, table, poolers, clock, schema.EnsureAsync, schema.Lost, options.OperationTimeout, time);

        var statements = new EntryStatements(names, options.SlidingExpirationSlack);
        var direct = new DirectEntryStore(connections, statements, new StatisticsReader(names), _telemetry, log);
        var limits = BatchLimits.Default with { MaxWaiting = options.MaxQueuedCalls, Patience = options.OperationTimeout };
        var reads = new ReadQueue(limits, table, time);
        var writes = new WriteQueue(limits, table, time);
        var locked = new LockedRows(connections, statements, writes, _telemetry);
        _coalescing = options.Coalescing
            ? new CoalescingEntryStore(
                direct,
                reads,
                writes,
                Lanes(options.ReadConnections, () => Observed(new ReadBatchExecutor(connections, statements, reads, _telemetry), _telemetry.ReadBatch)),
                Lanes(options.WriteConnections, () => Observed(new WriteBatchExecutor(connections, statements, writes, locked, _telemetry, log), _telemetry.WriteBatch)),
                options.OperationTimeout,
                time)
            : null;
        var probe = new ServerProbe(connections);
        _readBreaker = new CircuitBreaker(probe.ReadsAsync, (state, error) => Changed("reads", state, error, reads.FailWaiting), time);
        _writeBreaker = new CircuitBreaker(probe.WritesAsync, (state, error) => Changed("writes", state, error, writes.FailWaiting), time);
        var policy = new CachePolicy(options);
        _degradation = options.FailureMode == SolidCacheFailureMode.Degrade
            ? new Degradation(policy.Keys.StartingWith(""), (operation, error) => Tell(options.OnDegraded, operation, error), time)
            : null;
        IEntryStore unguarded = _coalescing is null ? new OrderedEntryStore(direct, writes) : _coalescing;
        var store = new ResilientEntryStore(unguarded, _readBreaker, _writeBreaker, _degradation, table);
        _telemetry.Breakers = () => ((int)_readBreaker.State, (int)_writeBreaker.State);
        var figures = new TableFigures(token => store.GetStatisticsAsync(options.SweepInterval, token), time);
        (_telemetry.Figures, _telemetry.Waiting) = (figures, () => (reads.Count, writes.Count));

        var sweeps = new SweepStatements(names);
        var sweeper = new Sweeper(connections, sweeps, new SweepPass(sweeps, options.SweepMegabytesPerSecond * 1e6, time), _telemetry);

        Cache = new PostgresSolidCache(new ObservedEntryStore(store, _telemetry, figures), sweeper, policy, time);
        SchemaInitializer = new SchemaInitializer(connections, options.OperationTimeout, time, log);
        SweeperService = new SweeperService(sweeper, table, options.SweepExpiredEntries, options.SweepInterval, time, log);

        void Changed(string kind, BreakerState state, Exception? error, Action<Exception> failWaiting)
        {
            if (error is null)
            {
                log.BreakerClosed(table, kind);
            }
            else
            {
                log.BreakerOpened(table, kind, CacheTelemetry.TypeOf(error));
                failWaiting(error);
            }
        }
    }

    public ISolidCache Cache { get; }

    public IHostedService SchemaInitializer { get; }

    public IHostedService SweeperService { get; }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        _telemetry.Dispose();
        _readBreaker.Dispose();
        _writeBreaker.Dispose();
        _degradation?.Dispose();
        if (_coalescing is not null)
        {
            await _coalescing.DisposeAsync().ConfigureAwait(false);
        }

        await _dataSource.DisposeAsync().ConfigureAwait(false);
    }

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

    private static ObservedBatchExecutor<T> Observed<T>(IBatchExecutor<T> executor, Action<int> observe) => new(executor, observe);

    private static IEnumerable<T> Lanes<T>(int count, Func<T> lane) => Enumerable.Range(0, count).Select(_ => lane());
}
