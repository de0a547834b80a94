using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Reads that wait.</summary>
public sealed class ReadQueueTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ReadQueue _queue;

    public ReadQueueTests() => _queue = new(Writes.Small, AwayDatabase.Table, _time);

    [Test]
    public void Nothing_is_taken_from_an_empty_queue() => Assert.That(Taken(), Is.Empty);

    [Test]
    public void Batches_keep_the_order_and_the_limit()
    {
        var requests = Add(10);

        Assert.That((Taken(), Taken(), Taken(), Taken()), Is.EqualTo((requests[..4], requests[4..8], requests[8..], new List<ReadRequest>())));
    }

    [Test]
    public void The_same_key_is_taken_for_each_who_asked()
    {
        _queue.Add(Writes.Read("k"));
        _queue.Add(Writes.Read("k"));

        Assert.That(Taken(), Has.Count.EqualTo(2));
    }

    [Test]
    public void What_has_ended_is_skipped_and_takes_no_place_in_the_batch()
    {
        var requests = Add(8);
        foreach (var withdrawn in (int[])[0, 2, 3, 7])
        {
            Writes.GiveUp(requests[withdrawn]);
        }

        Assert.That(Taken(), Is.EqualTo((List<ReadRequest>)[requests[1], requests[4], requests[5], requests[6]]));
        Assert.That(Taken(), Is.Empty);
    }

    [Test]
    public void A_full_queue_refuses_and_leaves_nothing_behind()
    {
        for (var round = 0; round < 3; round++)
        {
            var requests = Add(10);
            Assert.That(() => Add(1), Throws.TypeOf<SolidCacheException>().With.Message.Contains("10 calls"));
            Assert.That((List<ReadRequest>)[.. Taken(), .. Taken(), .. Taken(), .. Taken()], Is.EqualTo(requests));
        }
    }

    [Test]
    public void A_call_that_ran_out_of_time_ends_whether_it_waits_or_is_under_way()
    {
        var old = Add(6);
        var underWay = Taken();
        _time.Advance(TimeSpan.FromSeconds(3));
        var young = Add(1);
        _time.Advance(TimeSpan.FromSeconds(3));

        _queue.Expire();

        Assert.That(old.Select(request => request.HasEnded), Is.All.True);
        Assert.That(young.Single().HasEnded, Is.False);
        Assert.That(async () => await old[0].WaitAsync(CancellationToken.None), Throws.TypeOf<TimeoutException>().With.Message.Contains("5 seconds"));
        _queue.End(underWay);
        Assert.That(Taken(), Is.EqualTo(young));
    }

    [Test]
    public void What_was_let_go_of_is_no_longer_looked_at()
    {
        var requests = Add(1);
        _queue.End(Taken());
        _time.Advance(TimeSpan.FromSeconds(6));

        _queue.Expire();

        Assert.That(requests.Single().HasEnded, Is.False);
    }

    [Test]
    public void While_the_server_is_away_all_that_wait_fail_and_what_is_under_way_does_not()
    {
        var underWay = Add(4);
        Taken();
        var waiting = Add(2);

        _queue.FailWaiting(new IOException());

        Assert.That(waiting.Select(request => request.HasEnded), Is.All.True);
        Assert.That(underWay.Select(request => request.HasEnded), Is.All.False);
    }

    private List<ReadRequest> Add(int count)
    {
        var requests = Enumerable.Range(0, count).Select(number => Writes.Read($"k{number}")).ToList();
        requests.ForEach(_queue.Add);
        return requests;
    }

    private List<ReadRequest> Taken()
    {
        var batch = new List<ReadRequest>();
        _queue.Take(batch);
        return batch;
    }
}
