using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Caching;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
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
        var poolers = new PoolerDetector(options.PoolerSupportsPreparedStatements, table, log);
        var schema = new SchemaGate(names, Migration.All, options.CreateSchemaIfNotExists, options.UnloggedTable, log);
        var connections = new ConnectionSource(_dataSource.Source, table, poolers, schema.EnsureAsync, options.OperationTimeout);

        var statements = new EntryStatements(names, options.SlidingExpirationSlack);
        var direct = new DirectEntryStore(connections, statements, new StatisticsReader(names), _telemetry, log);
        var limits = BatchLimits.Default with { MaxWaiting = options.MaxQueuedCalls };
        var reads = new ReadQueue(limits, table);
        var writes = new WriteQueue(limits, table);
        _coalescing = options.Coalescing
            ? new CoalescingEntryStore(
                direct,
                reads,
                writes,
                Lanes(options.ReadConnections, () => Observed(new ReadBatchExecutor(connections, statements), _telemetry.ReadBatch)),
                Lanes(options.WriteConnections, () => Observed(new WriteBatchExecutor(connections, statements, writes, _telemetry, log), _telemetry.WriteBatch)),
                options.OperationTimeout,
                time)
            : null;
        IEntryStore store = _coalescing is null ? new OrderedEntryStore(direct, writes) : _coalescing;
        var figures = new TableFigures(token => store.GetStatisticsAsync(options.SweepInterval, token), time);
        (_telemetry.Figures, _telemetry.Waiting) = (figures, () => (reads.Count, writes.Count));

        var sweeps = new SweepStatements(names);
        var sweeper = new Sweeper(connections, sweeps, new SweepPass(sweeps, options.SweepMegabytesPerSecond * 1e6, time), _telemetry);

        Cache = new PostgresSolidCache(new ObservedEntryStore(store, _telemetry, figures), sweeper, new CachePolicy(options), time);
        SchemaInitializer = new SchemaInitializer(connections, options.OperationTimeout, time, log);
        SweeperService = new SweeperService(sweeper, table, options.SweepExpiredEntries, options.SweepInterval, time, log);
    }

    public ISolidCache Cache { get; }

    public IHostedService SchemaInitializer { get; }

    public IHostedService SweeperService { get; }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        _telemetry.Dispose();
        if (_coalescing is not null)
        {
            await _coalescing.DisposeAsync().ConfigureAwait(false);
        }

        await _dataSource.DisposeAsync().ConfigureAwait(false);
    }

    private static ObservedBatchExecutor<T> Observed<T>(IBatchExecutor<T> executor, Action<int> observe) => new(executor, observe);

    private static IEnumerable<T> Lanes<T>(int count, Func<T> lane) => Enumerable.Range(0, count).Select(_ => lane());
}
