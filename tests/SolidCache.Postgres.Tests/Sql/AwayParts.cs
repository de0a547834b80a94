using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tests.Diagnostics;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>What executes batches, put together as the library does, before a server that is not there.</summary>
internal sealed class AwayParts : IDisposable
{
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);

    /// <param name="clock">That of the calls; one of the system's time when there is none.</param>
    public AwayParts(CallClock? clock = null)
    {
        Clock = clock ?? AwayDatabase.Clock();
        Connections = AwayDatabase.Connections(_dataSource, NullLoggerFactory.Instance);
        Ends = new BackendEnd(AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance), Clock, new CacheLife());
    }

    public CallClock Clock { get; }

    public CircuitBreaker Breaker { get; } = NewBreaker();

    public CircuitBreaker Room { get; } = NewBreaker();

    private ConnectionSource Connections { get; }

    private BackendEnd Ends { get; }

    private static EntryStatements Statements { get; } = new(new SqlNames(AwayDatabase.Table), 0.1, 1_000);

    public ReadBatchExecutor Reads(ReadQueue queue, Action<CacheKey, long> touch) =>
        new(Connections, Statements, queue, Breaker, Ends, touch, static () => { }, Clock, Telemetry.Unheard);

    public WriteBatchExecutor Writes(WriteQueue queue)
    {
        var failures = Failures(queue);
        return new(Connections, Statements, queue, Stragglers(queue, failures), failures, Clock, Telemetry.Unheard);
    }

    public Stragglers Stragglers(WriteQueue queue) => Stragglers(queue, Failures(queue));

    public void Dispose()
    {
        Breaker.Dispose();
        Room.Dispose();
        _dataSource.Dispose();
    }

    private static CircuitBreaker NewBreaker() => new(static () => throw new IOException(), static (_, _) => { }, TimeProvider.System);

    private Stragglers Stragglers(WriteQueue queue, WriteFailures failures) =>
        new(Connections, Statements, queue, failures, Clock, Telemetry.Unheard);

    private WriteFailures Failures(WriteQueue queue) =>
        new(Connections, queue, Breaker, Room, Ends, static _ => { }, Clock, new Log(NullLoggerFactory.Instance));
}
