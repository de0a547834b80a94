using System.Buffers;
using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Resilience;
using SolidCache.Postgres.Tests.Dispatch;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Batches while the server is away. With a server they are tested in the integration tests.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AwayExecutorTests
{
    private readonly AwayParts _parts = new();

    private CallClock Clock => _parts.Clock;

    [TearDown]
    public void End() => _parts.Dispose();

    [Test]
    public void Reads_end_as_an_outage_and_each_batch_counts_once()
    {
        var queue = new ReadQueue(Requests.Small, Clock, AwayDatabase.Table);
        var executor = _parts.Reads(queue, static (_, _) => { });
        for (var batches = 0; batches < 5; batches++)
        {
            Assert.That(_parts.Breaker.State, Is.EqualTo(BreakerState.Closed));
            var requests = new[] { Requests.Read("a", Clock.Now), Requests.Read("a", Clock.Now), Requests.Read("b", Clock.Now) };
            Array.ForEach(requests, queue.Add);
            var batch = new List<ReadRequest>();
            queue.Take(batch);

            executor.Execute(batch);

            var errors = Array.ConvertAll(requests, request => request.Error());
            Assert.That(errors, Is.All.TypeOf<Outage>().With.InnerException.InstanceOf<NpgsqlException>());
            Assert.That(Array.ConvertAll(errors, error => error!.InnerException), Is.Unique, "What each caller throws is his own.");
            Assert.That(queue.Look(), Is.False);
        }

        Assert.That(_parts.Breaker.Refusal(), Is.InstanceOf<NpgsqlException>());
    }

    [Test]
    public void Writes_that_were_never_sent_end_as_an_outage_and_leave_their_keys_free()
    {
        var queue = new WriteQueue(Requests.Small, Clock, AwayDatabase.Table);
        var executor = _parts.Writes(queue);
        for (var batches = 0; batches < 5; batches++)
        {
            Assert.That(_parts.Breaker.State, Is.EqualTo(BreakerState.Closed));
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

        Assert.That((_parts.Breaker.State, _parts.Room.State), Is.EqualTo((BreakerState.Open, BreakerState.Closed)));
    }

    [Test]
    public void A_batch_that_is_given_up_frees_its_keys_and_opens_the_breaker()
    {
        var queue = new WriteQueue(Requests.Small, Clock, AwayDatabase.Table);
        var executor = _parts.Writes(queue);
        queue.Add(Set("k"));
        var batch = new List<KeyWrite>();
        queue.Take(batch);
        queue.Add(Set("k"));
        Assert.That(queue.IsEmpty, Is.True);

        executor.GiveUp(batch);

        Assert.That((queue.IsEmpty, _parts.Breaker.State), Is.EqualTo((false, BreakerState.Open)));
        Assert.That(_parts.Breaker.Refusal(), Is.TypeOf<TimeoutException>());
    }

    [Test]
    public void What_nobody_foresaw_ends_each_call_of_a_batch_with_an_error_of_its_own()
    {
        var reads = new ReadQueue(Requests.Small, Clock, AwayDatabase.Table);
        var writes = new WriteQueue(Requests.Small, Clock, AwayDatabase.Table);
        var (read, other) = (Requests.Read("a", Clock.Now), Requests.Read("b", Clock.Now));
        var (set, another) = (Set("a"), Set("a"));
        reads.Add(read);
        reads.Add(other);
        writes.Add(set);
        writes.Add(another);
        var (readBatch, writeBatch, unforeseen) = (new List<ReadRequest>(), new List<KeyWrite>(), new ArgumentException("unforeseen"));
        reads.Take(readBatch);
        writes.Take(writeBatch);

        _parts.Reads(reads, static (_, _) => { }).Fail(readBatch, unforeseen);
        _parts.Writes(writes).Fail(writeBatch, unforeseen);

        Assert.That(
            (Exception?[])[read.Error(), other.Error(), set.Error(), another.Error()],
            Is.Unique.And.All.TypeOf<SolidCacheException>().With.InnerException.SameAs(unforeseen));
    }

    private WriteRequest Set(string key) =>
        WriteRequest.Set(new CacheKey(key), new ReadOnlySequence<byte>([1]), default, durable: false, Clock.Now, WriteRequest.NewPool(new(from: null)));
}
