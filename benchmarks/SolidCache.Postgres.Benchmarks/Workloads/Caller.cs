using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Load;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>One of the callers of a closed loop, with everything that it needs allocated beforehand.</summary>
internal sealed class Caller(int number, IDistributedCache cache, Dataset data)
{
    public IDistributedCache Cache => cache;

    public IBufferDistributedCache BufferedCache => (IBufferDistributedCache)cache;

    public Dataset Data => data;

    public Random Random { get; } = new(number);

    public ArrayBufferWriter<byte> Buffer { get; } = new(data.ValueBytes);

    public LatencyHistogram Latencies { get; } = new();

    public T OneOf<T>(T[] items) => items[Random.Next(items.Length)];
}
