using System.Text.Json;
using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>A line of text for each.</summary>
[JsonSerializable(typeof(StampedeRound))]
[JsonSerializable(typeof(StampedeAnswer))]
internal sealed partial class StampedeJson : JsonSerializerContext
{
    public static string Line<T>(T message) => JsonSerializer.Serialize(message, typeof(T), Default);

    public static T Read<T>(string? line) =>
        line is null ? throw new InvalidOperationException("A process of the stampede ended early.") : (T)JsonSerializer.Deserialize(line, typeof(T), Default)!;
}
