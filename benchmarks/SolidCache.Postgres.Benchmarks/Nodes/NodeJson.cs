using System.Text.Json;
using System.Text.Json.Serialization;
using SolidCache.Postgres.Benchmarks.Propagations;
using SolidCache.Postgres.Benchmarks.Stampedes;

namespace SolidCache.Postgres.Benchmarks.Nodes;

/// <summary>A line of text for each.</summary>
[JsonSerializable(typeof(StampedeRound))]
[JsonSerializable(typeof(StampedeAnswer))]
[JsonSerializable(typeof(PropagationStep))]
[JsonSerializable(typeof(PropagationAnswer))]
internal sealed partial class NodeJson : JsonSerializerContext
{
    public static string Line<T>(T message) => JsonSerializer.Serialize(message, typeof(T), Default);

    public static T Read<T>(string? line) =>
        line is null ? throw new InvalidOperationException("A process of the benchmark ended early.") : (T)JsonSerializer.Deserialize(line, typeof(T), Default)!;
}
