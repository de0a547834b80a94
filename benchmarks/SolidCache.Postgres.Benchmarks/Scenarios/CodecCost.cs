using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Codecs;
using SolidCache.Postgres.Benchmarks.Results;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Scenarios;

/// <summary>What it costs one thread to compress a value and to expand it, and what is left of the value; the fastest of many rounds, which nothing has disturbed.</summary>
internal static class CodecCost
{
    private const int Variants = 32;
    private const int Rounds = 25;

    public static Task<ResultTable> RunAsync()
    {
        using Zstd one = new(1), fast = new(-5);
        Codec[] codecs = [new Lz4OfK4os(), fast, one, new Brotli(0), new Brotli(1), new Deflate()];
        var results = new ResultTable("codecs", "Value bytes", "Content", "Codec", "Left", "Compressing µs", "Expanding µs");
        foreach (var bytes in (int[])[2_048, 16_384, 102_400])
        {
            foreach (var (content, create) in Contents.All)
            {
                var random = new Random(bytes);
                byte[][] values = [.. Enumerable.Range(0, Variants).Select(_ => create(random, bytes))];
                foreach (var codec in codecs)
                {
                    Measure(results, content, values, codec);
                }
            }
        }

        return Task.FromResult(results);
    }

    private static void Measure(ResultTable results, string content, byte[][] values, Codec codec)
    {
        var bytes = values[0].Length;
        var destination = new byte[(bytes * 2) + 1_024];
        byte[][] compressed = [.. values.Select(value => destination[..codec.Compress(value, destination)])];
        for (var number = 0; number < values.Length; number++)
        {
            WrongAnswerException.ThrowUnless(codec.Decompress(compressed[number], destination.AsSpan(0, bytes)) == bytes && destination.AsSpan(0, bytes).SequenceEqual(values[number]), codec.Name);
        }

        var compressing = Fastest(number => codec.Compress(values[number], destination));
        var expanding = Fastest(number => codec.Decompress(compressed[number], destination.AsSpan(0, bytes)));
        results.Add($"{bytes:N0}", content, codec.Name, $"{compressed.Average(static one => (double)one.Length) / bytes:F2}", $"{compressing:F1}", $"{expanding:F1}");
    }

    private static double Fastest(Func<int, int> work)
    {
        var fastest = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var began = Stopwatch.GetTimestamp();
            for (var number = 0; number < Variants; number++)
            {
                work(number);
            }

            fastest = TimeSpan.FromTicks(Math.Min(fastest.Ticks, Stopwatch.GetElapsedTime(began).Ticks));
        }

        return fastest.TotalMicroseconds / Variants;
    }
}
