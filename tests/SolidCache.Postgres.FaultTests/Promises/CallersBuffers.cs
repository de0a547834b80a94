using System.Buffers;
using System.Collections.Concurrent;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>The buffer that a caller reads into throws. He gets that very exception; it is no outage, no miss, and nobody else's.</summary>
public sealed class CallersBuffers : OneServer
{
    private const int Bytes = 10_000;

    [Test, CancelAfter(40_000)]
    public async Task A_buffer_that_throws_is_the_matter_of_its_caller(
        [Values(typeof(IOException), typeof(TimeoutException), typeof(InvalidOperationException), typeof(OperationCanceledException), typeof(SolidCacheException))] Type type,
        [Values] SolidCacheFailureMode mode,
        [Values] bool async,
        [Values] bool coalescing)
    {
        var told = new ConcurrentQueue<SolidCacheDegradation>();
        var node = await StartNodeAsync(options => (options.Coalescing, options.FailureMode, options.OnDegraded) = (coalescing, mode, told.Enqueue));
        await node.Cache.SetAsync("key", new byte[Bytes], Forever);
        var verbs = new Verbs(node.Cache, async);

        // Alone, so that nobody else is served meanwhile; and then beside others, whose buffers are as they should be.
        for (var time = 0; time < 8; time++)
        {
            var error = (Exception)Activator.CreateInstance(type)!;
            var thrown = ReadAsync(node, async, new ThrowingBuffer(error));
            var others = time < 6 ? [] : Enumerable.Range(0, 10).Select(_ => verbs.GetAsync("key")).ToList();
            Assert.That((await thrown).Error, Is.SameAs(error));
            Assert.That(await Task.WhenAll(others), Is.All.Length.EqualTo(Bytes));
        }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(told, Is.Empty, "It is no miss.");
            Assert.That(await verbs.GetAsync("key"), Has.Length.EqualTo(Bytes));
            AssertNoOutage(node);
        }
    }

    private static Task<Ended> ReadAsync(CacheHost node, bool async, ThrowingBuffer buffer) =>
        Ended.OfAsync(() => async ? node.Cache.TryGetAsync("key", buffer).AsTask() : Verb.OnAThread(() => node.Cache.TryGet("key", buffer)));

    private sealed class ThrowingBuffer(Exception error) : IBufferWriter<byte>
    {
        public void Advance(int count) => throw error;

        public Memory<byte> GetMemory(int sizeHint = 0) => throw error;

        public Span<byte> GetSpan(int sizeHint = 0) => throw error;
    }
}
