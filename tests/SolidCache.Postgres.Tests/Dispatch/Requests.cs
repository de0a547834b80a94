using System.Buffers;
using System.Runtime.CompilerServices;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Requests as the tests need them.</summary>
internal static class Requests
{
    /// <summary>Limits that a test can reach.</summary>
    public static readonly BatchLimits Small = new(MaxBatchEntries: 4, AnotherLaneEntries: 2, MaxBatchBytes: 100, LargeValueBytes: 50, MaxWaiting: 10, MaxWaitingBytes: 500);

    public static WriteRequest Set(string key, int bytes = 1, bool durable = false, long began = 0) =>
        WriteRequest.Set(new CacheKey(key), new ReadOnlySequence<byte>(new byte[bytes]), default, durable, began, WriteRequest.NewPool(new(from: null)));

    public static WriteRequest Remove(string key, long began = 0) => WriteRequest.Remove(new CacheKey(key), began, WriteRequest.NewPool(new(from: null)));

    public static WriteRequest Touch(string key, long began = 0) => WriteRequest.Touch(new CacheKey(key), began, WriteRequest.NewPool(new(from: null)));

    public static ReadRequest Read(string key, long began = 0, ReadKind kind = ReadKind.Value) => ReadRequest.Of(new CacheKey(key), kind, began, ReadRequest.NewPool());

    /// <summary>The caller gives up, before whom the request may not be looked at any more.</summary>
    public static void GiveUp<T>(this Request<T> request) => _ = request.AnswerAsync(new CancellationToken(canceled: true)).AsTask().Exception;

    /// <summary>The caller takes the answer, which is there.</summary>
    public static Exception? Error<T>(this Request<T> request)
    {
        var answer = request.AnswerAsync(CancellationToken.None).AsTask();
        Assert.That(answer.IsCompleted, Is.True, "It has no answer.");
        return answer.Exception?.InnerException;
    }

    public static bool HoldsMemory(this WriteRequest request) => Rented(request) is not null;

    public static IEnumerable<string> Keys(this IEnumerable<KeyWrite> batch) => batch.Select(write => write.Winner.Key.Stored);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_rented")]
    private static extern ref byte[]? Rented(WriteRequest request);
}
