using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Requests as the tests need them.</summary>
internal static class Writes
{
    /// <summary>Limits that a test can reach.</summary>
    public static readonly BatchLimits Small = new(MaxBatchEntries: 4, AnotherLaneEntries: 2, MaxBatchBytes: 100, LargeValueBytes: 50, MaxWaiting: 10, MaxWaitingBytes: 500, Patience: TimeSpan.FromSeconds(5));

    public static WriteRequest Set(string key, int bytes = 1, bool durable = false) =>
        WriteRequest.Set(new CacheKey(key), new ReadOnlySequence<byte>(new byte[bytes]), default, durable, WriteRequest.NewPool());

    public static WriteRequest Remove(string key) => WriteRequest.Remove(new CacheKey(key), WriteRequest.NewPool());

    public static WriteRequest Touch(string key) => WriteRequest.Touch(new CacheKey(key), WriteRequest.NewPool());

    public static WriteRequest Turn(string key) => WriteRequest.Turn(new CacheKey(key), WriteRequest.NewPool());

    /// <summary>The caller gives up.</summary>
    public static WriteRequest Withdrawn(this WriteRequest request)
    {
        GiveUp(request);
        return request;
    }

    public static void GiveUp<T>(Request<T> request) => _ = request.WaitAsync(new CancellationToken(canceled: true)).AsTask().Exception;

    public static bool HoldsMemory(this WriteRequest request) => Rented(request) is not null;

    public static ReadRequest Read(string key) => ReadRequest.Of(new CacheKey(key), ReadRequest.NewPool());

    public static void End(this WriteQueue queue, KeyWrite write, Exception? error) => queue.End([write], error);

    public static Task TakeTurn(this WriteQueue queue, string key, CancellationToken cancellationToken = default) =>
        queue.TakeTurnAsync(new CacheKey(key), async: true, cancellationToken).AsTask();

    public static List<KeyWrite> Taken(this WriteQueue queue)
    {
        var batch = new List<KeyWrite>();
        queue.Take(batch);
        return batch;
    }

    public static IEnumerable<string> Keys(this IEnumerable<KeyWrite> batch) => batch.Select(write => write.Winner.Key.Stored);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_rented")]
    private static extern ref byte[]? Rented(WriteRequest request);
}
