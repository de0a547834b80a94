using System.Buffers;
using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The end of the store while calls are under way, and the end of calls that wait too long.</summary>
public sealed class CoalescingEntryStoreTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly CacheKey Key = new("k");
    private readonly ModelServer _server = new();
    private readonly Random _random = new(1);

    [Test]
    public async Task Disposal_lets_what_is_queued_finish()
    {
        var store = Model.Store(_server);
        var write = store.WriteAsync(Key, One(), default, durable: false, async: true, CancellationToken.None).AsTask();

        var disposal = store.DisposeAsync().AsTask();
        Assert.That(disposal.IsCompleted, Is.False);
        await OpenUntilAsync(disposal);

        await write.WaitAsync(Patience);
    }

    [Test]
    public async Task Disposal_lets_a_write_finish_that_is_queued_behind_a_blocking_one()
    {
        var store = Model.Store(_server);
        var blocking = OnThread(() => Sync(store.WriteAsync(Key, One(), default, durable: false, async: false, CancellationToken.None)));
        await GatesAsync(1);
        var queued = store.WriteAsync(Key, One(), default, durable: false, async: true, CancellationToken.None).AsTask();

        var disposal = store.DisposeAsync().AsTask();
        Assert.That(disposal.IsCompleted, Is.False, "A write is still queued.");

        await OpenUntilAsync(Task.WhenAll(disposal, blocking, queued));
    }

    [Test]
    public async Task A_blocking_call_that_succeeds_while_the_store_is_disposed_returns()
    {
        var store = Model.Store(_server);
        var blocking = OnThread(() => Sync(store.WriteAsync(Key, One(), default, durable: false, async: false, CancellationToken.None)));
        await GatesAsync(1);

        var disposal = store.DisposeAsync().AsTask();

        await OpenUntilAsync(Task.WhenAll(disposal, blocking));
    }

    [Test]
    public async Task A_blocking_call_that_waits_for_a_connection_while_the_store_is_disposed_ends()
    {
        var store = Model.Store(_server);
        var blocking = Enumerable.Range(0, 3).Select(number => OnThread(() =>
            Sync(store.WriteAsync(new CacheKey($"k{number}"), One(), default, durable: false, async: false, CancellationToken.None)))).ToArray();
        await GatesAsync(2);

        var disposal = store.DisposeAsync().AsTask();

        await OpenUntilAsync(Task.WhenAll([disposal, .. blocking.Select(call => Task.WhenAny(call))]));
    }

    [Test]
    public async Task A_blocking_call_that_gets_no_connection_in_time_says_so()
    {
        var time = new FakeTimeProvider();
        await using var store = Model.Store(_server, time: time);
        var blocking = Enumerable.Range(0, 2).Select(number => OnThread(() =>
            Sync(store.WriteAsync(new CacheKey($"k{number}"), One(), default, durable: false, async: false, CancellationToken.None)))).ToArray();
        await GatesAsync(2);

        var third = OnThread(() => Sync(store.RemoveAsync(Key, async: false, CancellationToken.None)));
        await OutOfTimeAsync(third, time);

        await OpenUntilAsync(Task.WhenAll(blocking));
    }

    [Test]
    public async Task A_blocking_call_whose_turn_does_not_come_in_time_says_so()
    {
        var time = new FakeTimeProvider();
        await using var store = Model.Store(_server, time: time);
        var first = OnThread(() => Sync(store.WriteAsync(Key, One(), default, durable: false, async: false, CancellationToken.None)));
        await GatesAsync(1);

        var second = OnThread(() => Sync(store.RemoveAsync(Key, async: false, CancellationToken.None)));
        await OutOfTimeAsync(second, time);

        await OpenUntilAsync(first);
        await OpenUntilAsync(OnThread(() => Sync(store.RemoveAsync(Key, async: false, CancellationToken.None))));
    }

    [Test]
    public void A_disposed_store_refuses()
    {
        var store = Model.Store(_server);
        Assert.That(store.DisposeAsync().AsTask().IsCompletedSuccessfully, Is.True);

        Assert.That(() => store.RemoveAsync(Key, async: true, CancellationToken.None), Throws.InstanceOf<ObjectDisposedException>());
    }

    private static ReadOnlySequence<byte> One() => new(BitConverter.GetBytes(1));

    private static void Sync(ValueTask call) => call.GetAwaiter().GetResult();

    private static Task OnThread(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task OutOfTimeAsync(Task call, FakeTimeProvider time)
    {
        while (!call.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(1);
        }

        await Assert.ThatAsync(() => call, Throws.TypeOf<TimeoutException>().With.Message.Contains("within 5 seconds"));
    }

    private async Task GatesAsync(int count)
    {
        while (_server.GateCount < count)
        {
            await Task.Yield();
        }
    }

    private async Task OpenUntilAsync(Task end)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!end.IsCompleted)
        {
            Assert.That(patience.IsCancellationRequested, Is.False, "It does not end.");
            _server.OpenOne(_random);
            await Task.Yield();
        }

        await end;
    }
}
