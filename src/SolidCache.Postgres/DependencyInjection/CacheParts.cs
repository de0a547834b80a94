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

    /// <param name="services">The application's services.</param>
    /// <param name="name">The service key and the name of the options; empty for the unkeyed cache.</param>
    public CacheParts(IServiceProvider services, string name)
    {
        var options = services.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().Get(name);
        var time = services.GetService<TimeProvider>() ?? TimeProvider.System;
        var log = new Log(services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance);
        var table = new TableName(options.SchemaName, options.TableName);
        var names = new SqlNames(table);

        _dataSource = CacheDataSource.Choose(services, name, options);
        var poolers = new PoolerDetector(options.PoolerSupportsPreparedStatements, table, log);
        var schema = new SchemaGate(names, Migration.All, options.CreateSchemaIfNotExists, options.UnloggedTable, log);
        var connections = new ConnectionSource(_dataSource.Source, table, poolers, schema.EnsureAsync, options.OperationTimeout);

        var statements = new EntryStatements(names, options.SlidingExpirationSlack);
        var direct = new DirectEntryStore(connections, statements, new StatisticsReader(names), log);
        var limits = BatchLimits.Default with { MaxWaiting = options.MaxQueuedCalls };
        var reads = new ReadQueue(limits, table);
        var writes = new WriteQueue(limits, table);
        _coalescing = options.Coalescing
            ? new CoalescingEntryStore(
                direct,
                reads,
                writes,
                Lanes(options.ReadConnections, () => new ReadBatchExecutor(connections, statements)),
                Lanes(options.WriteConnections, () => new WriteBatchExecutor(connections, statements, writes, log)),
                options.OperationTimeout,
                time)
            : null;
        IEntryStore store = _coalescing is null ? new OrderedEntryStore(direct, writes) : _coalescing;

        var sweeps = new SweepStatements(names);
        var sweeper = new Sweeper(connections, sweeps, new SweepPass(sweeps, options.SweepMegabytesPerSecond * 1e6, time));

        Cache = new PostgresSolidCache(store, sweeper, new CachePolicy(options), time);
        SchemaInitializer = new SchemaInitializer(connections, options.OperationTimeout, time, log);
        SweeperService = new SweeperService(sweeper, table, options.SweepExpiredEntries, options.SweepInterval, time, log);
    }

    public ISolidCache Cache { get; }

    public IHostedService SchemaInitializer { get; }

    public IHostedService SweeperService { get; }

    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    public async ValueTask DisposeAsync()
    {
        if (_coalescing is not null)
        {
            await _coalescing.DisposeAsync().ConfigureAwait(false);
        }

        await _dataSource.DisposeAsync().ConfigureAwait(false);
    }

    private static IEnumerable<T> Lanes<T>(int count, Func<T> lane) => Enumerable.Range(0, count).Select(_ => lane());
}
