using System.Buffers;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The store while its server does not answer, and its end.</summary>
public sealed class EntryStoreTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly CacheKey Key = new("k");
    private readonly GatedServer _server = new();

    [TearDown]
    public void Open() => _server.Open();

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_value_that_was_set_is_read(bool async)
    {
        _server.Open();
        var store = _server.NewStore();

        await store.WriteAsync(Key, One(), default, durable: false, async, CancellationToken.None);
        var destination = new ArrayBufferWriter<byte>();

        Assert.That(await store.ReadAsync(Key, destination, slide: true, async, CancellationToken.None), Is.True);
        Assert.That(destination.WrittenSpan.ToArray(), Is.EqualTo(One().ToArray()));
        Assert.That(await store.GetTimeToLiveAsync(Key, CancellationToken.None), Is.EqualTo(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public void A_blocking_call_is_complete_when_it_returns()
    {
        _server.Open();
        var store = _server.NewStore();

        Assert.That(store.WriteAsync(Key, One(), default, durable: false, async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(store.RefreshAsync(Key, async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
        Assert.That(store.RemoveAsync(Key, async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public void A_read_that_finds_a_touch_due_leaves_it_behind_and_a_refresh_waits_for_it()
    {
        _server.Open();
        var store = _server.NewStore();
        store.WriteAsync(Key, One(), default, durable: false, async: false, CancellationToken.None).Completed();

        store.ReadAsync(Key, new ArrayBufferWriter<byte>(), slide: false, async: false, CancellationToken.None).Completed();
        Assert.That(store.RefreshAsync(Key, async: false, CancellationToken.None).Completed(), Is.True);
        Assert.That(_server.Touches, Is.EqualTo(1));
        store.ReadAsync(Key, new ArrayBufferWriter<byte>(), slide: true, async: false, CancellationToken.None).Completed();
        store.End();

        Assert.That(_server.Touches, Is.EqualTo(2));
    }

    [Test]
    public async Task A_call_whose_server_does_not_answer_ends_in_time_whether_it_waits_or_is_under_way()
    {
        var store = _server.NewStore(TimeSpan.FromMilliseconds(100));
        var underWay = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();
        _server.WaitForBatch();
        var waiting = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();
        var blocking = OwnThread.RunAsync("caller", () => store.RemoveAsync(Key, async: false, CancellationToken.None).Completed());

        foreach (var call in new[] { underWay, waiting })
        {
            await Assert.ThatAsync(() => call.WaitAsync(Patience), Throws.TypeOf<Outage>().With.InnerException.TypeOf<TimeoutException>());
        }

        await Assert.ThatAsync(() => blocking.WaitAsync(Patience), Throws.TypeOf<Outage>());
    }

    [Test]
    public async Task The_next_of_a_key_goes_on_another_lane_when_a_batch_hangs()
    {
        var store = _server.NewStore(TimeSpan.FromMilliseconds(100), lanes: 1);
        var hanging = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();
        _server.WaitForBatch();
        await Assert.ThatAsync(() => hanging.WaitAsync(Patience), Throws.TypeOf<Outage>());
        _server.Open();

        await Assert.ThatAsync(
            async () =>
            {
                while (true)
                {
                    try
                    {
                        return await store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask().WaitAsync(Patience);
                    }
                    catch (Outage)
                    {
                        // Until the grace is over.
                    }
                }
            },
            Is.True);
    }

    [Test]
    public async Task The_end_lets_what_was_called_before_finish()
    {
        var store = _server.NewStore();
        var underWay = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();
        _server.WaitForBatch();
        var queued = store.WriteAsync(Key, One(), default, durable: false, async: true, CancellationToken.None).AsTask();
        var blocking = OwnThread.RunAsync("caller", () => store.ReadAsync(Key, new ArrayBufferWriter<byte>(), slide: true, async: false, CancellationToken.None).Completed());
        _server.WaitForBatch();

        var end = EndAsync(store);
        Assert.That(end.IsCompleted, Is.False);
        _server.Open();

        await end.WaitAsync(Patience);
        Assert.That((await underWay, await queued), Is.EqualTo((true, true)));
        await blocking;
    }

    [Test]
    public async Task The_end_comes_in_time_and_fails_what_still_waits()
    {
        var store = _server.NewStore(TimeSpan.FromMilliseconds(100));
        var underWay = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();
        _server.WaitForBatch();
        var waiting = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();

        await EndAsync(store).WaitAsync(Patience);

        await Assert.ThatAsync(() => underWay.WaitAsync(Patience), Throws.TypeOf<Outage>());
        await Assert.ThatAsync(() => waiting.WaitAsync(Patience), Throws.TypeOf<Outage>().Or.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task An_ended_store_refuses_everything()
    {
        var store = _server.NewStore();
        store.End();
        Func<Task>[] calls =
        [
            () => store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask(),
            () => store.WriteAsync(Key, One(), default, durable: true, async: true, CancellationToken.None).AsTask(),
            () => store.ReadAsync(Key, new ArrayBufferWriter<byte>(), slide: true, async: false, CancellationToken.None).AsTask(),
            () => store.RefreshAsync(Key, async: true, CancellationToken.None).AsTask(),
            () => store.RemoveAsync([], CancellationToken.None).AsTask(),
            () => store.GetStatisticsAsync(default, CancellationToken.None).AsTask(),
        ];

        foreach (var call in calls)
        {
            await Assert.ThatAsync(call, Throws.TypeOf<ObjectDisposedException>());
        }
    }

    [Test]
    public async Task A_removal_of_ranges_waits_for_the_writes_before_it_and_may_be_cancelled()
    {
        var store = _server.NewStore();
        var write = store.RemoveAsync(Key, async: true, CancellationToken.None).AsTask();
        _server.WaitForBatch();
        using var cancellation = new CancellationTokenSource();
        var cancelled = store.RemoveAsync([], cancellation.Token).AsTask();
        var removal = store.RemoveAsync([], CancellationToken.None).AsTask();
        Assert.That((removal.IsCompleted, _server.RangesRemoved), Is.EqualTo((false, 0)));

        await cancellation.CancelAsync();
        await Assert.ThatAsync(() => cancelled.WaitAsync(Patience), Throws.InstanceOf<OperationCanceledException>());
        _server.Open();

        await removal.WaitAsync(Patience);
        Assert.That((write.IsCompleted, _server.RangesRemoved), Is.EqualTo((true, 1)));
    }

    private static ReadOnlySequence<byte> One() => new(BitConverter.GetBytes(3));

    private static Task<bool> EndAsync(EntryStore store) => OwnThread.RunAsync(
        "end",
        () =>
        {
            store.End();
            return true;
        });
}
