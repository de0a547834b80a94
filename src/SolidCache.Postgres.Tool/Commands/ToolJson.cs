using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>How the tool writes and reads JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StatsReport))]
[JsonSerializable(typeof(SampleValue))]
internal sealed partial class ToolJson : JsonSerializerContext;
