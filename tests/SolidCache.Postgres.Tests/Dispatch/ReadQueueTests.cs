using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Reads that wait.</summary>
public sealed class ReadQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly CallClock _clock;
    private readonly ReadQueue _queue;

    public ReadQueueTests()
    {
        _clock = AwayDatabase.Clock(_time);
        _queue = new(Requests.Small, _clock, AwayDatabase.Table);
    }

    [Test]
    public void Nothing_is_taken_from_an_empty_queue() => Assert.That((Take().Count, _queue.IsEmpty), Is.EqualTo((0, true)));

    [Test]
    public void Batches_keep_the_order_and_the_limit()
    {
        var requests = Add(10);

        Assert.That((Take(), Take(), Take(), Take()), Is.EqualTo((requests[..4], requests[4..8], requests[8..], new List<ReadRequest>())));
    }

    [Test]
    public void A_batch_is_of_one_kind_and_that_of_the_first()
    {
        var kinds = (ReadKind[])[ReadKind.Life, ReadKind.Value, ReadKind.Life, ReadKind.Value, ReadKind.Value];
        var requests = kinds.Select(kind => Add(Requests.Read("k", _clock.Now, kind))).ToArray();

        Assert.That(Take(), Is.EqualTo((List<ReadRequest>)[requests[0], requests[2]]));
        Assert.That(Take(), Is.EqualTo((List<ReadRequest>)[requests[1], requests[3], requests[4]]));
    }

    [Test]
    public void The_same_key_is_taken_for_each_who_asked()
    {
        Add(Requests.Read("k"));
        Add(Requests.Read("k"));

        Assert.That(Take(), Has.Count.EqualTo(2));
    }

    [Test]
    public void Whoever_gives_up_leaves_the_queue_and_its_count_at_once()
    {
        var requests = Add(8);
        foreach (var leaver in (int[])[0, 2, 3, 7])
        {
            requests[leaver].GiveUp();
        }

        Assert.That(_queue.Count, Is.EqualTo(4));
        Assert.That(Take(), Is.EqualTo((List<ReadRequest>)[requests[1], requests[4], requests[5], requests[6]]));
        Assert.That(_queue.IsEmpty, Is.True);
    }

    [Test]
    public void Whoever_gives_up_what_is_under_way_leaves_its_request_to_the_executor()
    {
        var request = Add(1).Single();
        var batch = Take();

        request.GiveUp();

        Assert.That((request.HasEnded, request.Complete(default)), Is.EqualTo((true, false)));
        _queue.End(batch);
        request.Release();
        Assert.That(request.HasEnded, Is.False, "It is ready for another call.");
    }

    [Test]
    public void A_full_queue_refuses_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            var requests = Add(10);
            Assert.That(() => Add(1), Throws.TypeOf<SolidCacheException>().With.Message.Contains("10 calls"));
            Assert.That((List<ReadRequest>)[.. Take(), .. Take(), .. Take(), .. Take()], Is.EqualTo(requests));
        }
    }

    [Test]
    public void A_call_that_ran_out_of_time_ends_as_an_outage_whether_it_waits_or_is_under_way()
    {
        var old = Add(6);
        var underWay = Take();
        _time.Advance(TimeSpan.FromSeconds(3));
        var young = Add(1);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.That(_queue.Look(), Is.True, "Something waits still.");

        Assert.That(young.Single().HasEnded, Is.False);
        Assert.That(
            old.Select(request => request.Error()),
            Has.All.TypeOf<Outage>().With.Property("Cause").TypeOf<TimeoutException>().With.Property("Message").Contains("5 seconds"));
        _queue.End(underWay);
        Assert.That(Take(), Is.EqualTo(young));
    }

    [Test]
    public void What_was_let_go_of_is_no_longer_looked_at()
    {
        var requests = Add(1);
        _queue.End(Take());
        _time.Advance(TimeSpan.FromSeconds(6));

        Assert.That((_queue.Look(), requests.Single().HasEnded), Is.EqualTo((false, false)));
    }

    [Test]
    public void While_the_server_is_away_all_that_wait_fail_and_what_is_under_way_does_not()
    {
        var underWay = Add(4);
        Take();
        var waiting = Add(2);

        _queue.FailWaiting(static () => new IOException());

        Assert.That(waiting.ConvertAll(request => request.Error()), Is.Unique.And.All.TypeOf<IOException>(), "Each has its own.");
        Assert.That(underWay.Select(request => request.HasEnded), Is.All.False);
        Assert.That(_queue.Count, Is.Zero);
    }

    private List<ReadRequest> Add(int count) => [.. Enumerable.Range(0, count).Select(number => Add(Requests.Read($"k{number}", _clock.Now)))];

    private ReadRequest Add(ReadRequest request)
    {
        _queue.Add(request);
        return request;
    }

    private List<ReadRequest> Take()
    {
        var batch = new List<ReadRequest>();
        _queue.Take(batch);
        return batch;
    }
}
