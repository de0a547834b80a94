using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tests.Diagnostics;
using SolidCache.Postgres.Tests.Dispatch;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Batches while the server is away. With a server they are tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AwayExecutorTests
{
    private static readonly EntryStatements Statements = new(new SqlNames(AwayDatabase.Table), 0.1);
    private readonly NpgsqlDataSource _dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);
    private readonly CallClock _clock = AwayDatabase.Clock();
    private readonly CircuitBreaker _breaker = Breaker();
    private readonly CircuitBreaker _room = Breaker();
    private readonly ConnectionSource _connections;
    private readonly BackendEnd _ends;

    public AwayExecutorTests()
    {
        _connections = AwayDatabase.Connections(_dataSource, NullLoggerFactory.Instance);
        _ends = new BackendEnd(AwayDatabase.Work(_dataSource, NullLoggerFactory.Instance), AwayDatabase.Clock(), new CacheLife());
    }

    [TearDown]
    public void End()
    {
        _breaker.Dispose();
        _room.Dispose();
        _dataSource.Dispose();
    }

    [Test]
    public void Reads_end_as_an_outage_and_each_batch_counts_once()
    {
        var queue = new ReadQueue(Requests.Small, _clock, AwayDatabase.Table);
        var executor = new ReadBatchExecutor(_connections, Statements, queue, _breaker, _ends, static (_, _) => { }, _clock, Telemetry.Unheard);
        for (var batches = 0; batches < 5; batches++)
        {
            Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
            var requests = new[] { Requests.Read("a", _clock.Now), Requests.Read("a", _clock.Now), Requests.Read("b", _clock.Now) };
            Array.ForEach(requests, queue.Add);
            var batch = new List<ReadRequest>();
            queue.Take(batch);

            executor.Execute(batch);

            var errors = Array.ConvertAll(requests, request => request.Error());
            Assert.That(errors, Is.All.TypeOf<Outage>().With.InnerException.InstanceOf<NpgsqlException>());
            Assert.That(Array.ConvertAll(errors, error => error!.InnerException), Is.Unique, "What each caller throws is his own.");
            Assert.That(queue.Look(), Is.False);
        }

        Assert.That(_breaker.Refusal(), Is.InstanceOf<NpgsqlException>());
    }

    [Test]
    public void Writes_that_were_never_sent_end_as_an_outage_and_leave_their_keys_free()
    {
        var queue = new WriteQueue(Requests.Small, _clock, AwayDatabase.Table);
        var failures = new WriteFailures(_connections, queue, static () => { }, _breaker, _room, _ends, static _ => { }, _clock, new Log(NullLoggerFactory.Instance));
        var stragglers = new Stragglers(_connections, Statements, queue, static () => { }, failures, _clock, Telemetry.Unheard);
        var executor = new WriteBatchExecutor(_connections, Statements, queue, stragglers, failures, _clock, Telemetry.Unheard);
        for (var batches = 0; batches < 5; batches++)
        {
            Assert.That(_breaker.State, Is.EqualTo(BreakerState.Closed));
            var requests = new[] { Set("b"), Set("a"), Set("a") };
            Array.ForEach(requests, queue.Add);
            var batch = new List<KeyWrite>();
            queue.Take(batch);

            executor.Execute(batch);

            Assert.That(batch.Keys(), Is.EqualTo((string[])["a", "b"]), "In the order of the keys, as all nodes lock them.");
            var errors = Array.ConvertAll(requests, request => request.Error());
            Assert.That(errors, Is.All.TypeOf<Outage>().With.InnerException.InstanceOf<NpgsqlException>());
            Assert.That(Array.ConvertAll(errors, error => error!.InnerException), Is.Unique, "What each caller throws is his own.");
            Assert.That(queue.Look(), Is.False);
        }

        Assert.That((_breaker.State, _room.State), Is.EqualTo((BreakerState.Open, BreakerState.Closed)));
    }

    [Test]
    public void A_batch_that_is_given_up_frees_its_keys_and_opens_the_breaker()
    {
        var queue = new WriteQueue(Requests.Small, _clock, AwayDatabase.Table);
        var failures = new WriteFailures(_connections, queue, static () => { }, _breaker, _room, _ends, static _ => { }, _clock, new Log(NullLoggerFactory.Instance));
        var stragglers = new Stragglers(_connections, Statements, queue, static () => { }, failures, _clock, Telemetry.Unheard);
        var executor = new WriteBatchExecutor(_connections, Statements, queue, stragglers, failures, _clock, Telemetry.Unheard);
        queue.Add(Set("k"));
        var batch = new List<KeyWrite>();
        queue.Take(batch);
        queue.Add(Set("k"));
        Assert.That(queue.IsEmpty, Is.True);

        executor.GiveUp(batch);

        Assert.That((queue.IsEmpty, _breaker.State), Is.EqualTo((false, BreakerState.Open)));
        Assert.That(_breaker.Refusal(), Is.TypeOf<TimeoutException>());
    }

    [Test]
    public void What_nobody_foresaw_ends_each_call_of_a_batch_with_an_error_of_its_own()
    {
        var reads = new ReadQueue(Requests.Small, _clock, AwayDatabase.Table);
        var writes = new WriteQueue(Requests.Small, _clock, AwayDatabase.Table);
        var failures = new WriteFailures(_connections, writes, static () => { }, _breaker, _room, _ends, static _ => { }, _clock, new Log(NullLoggerFactory.Instance));
        var stragglers = new Stragglers(_connections, Statements, writes, static () => { }, failures, _clock, Telemetry.Unheard);
        var (read, other) = (Requests.Read("a", _clock.Now), Requests.Read("b", _clock.Now));
        var (set, another) = (Set("a"), Set("a"));
        reads.Add(read);
        reads.Add(other);
        writes.Add(set);
        writes.Add(another);
        var (readBatch, writeBatch, unforeseen) = (new List<ReadRequest>(), new List<KeyWrite>(), new ArgumentException("unforeseen"));
        reads.Take(readBatch);
        writes.Take(writeBatch);

        new ReadBatchExecutor(_connections, Statements, reads, _breaker, _ends, static (_, _) => { }, _clock, Telemetry.Unheard).Fail(readBatch, unforeseen);
        new WriteBatchExecutor(_connections, Statements, writes, stragglers, failures, _clock, Telemetry.Unheard).Fail(writeBatch, unforeseen);

        Assert.That(
            (Exception?[])[read.Error(), other.Error(), set.Error(), another.Error()],
            Is.Unique.And.All.TypeOf<SolidCacheException>().With.InnerException.SameAs(unforeseen));
    }

    private WriteRequest Set(string key) =>
        WriteRequest.Set(new CacheKey(key), new ReadOnlySequence<byte>([1]), default, durable: false, _clock.Now, WriteRequest.NewPool());

    private static CircuitBreaker Breaker() => new(static () => throw new IOException(), static (_, _) => { }, TimeProvider.System);
}
