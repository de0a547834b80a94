using System.Text.Json;
using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Tests.Json;

/// <summary>How a person is written without reflection.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Person))]
[JsonSerializable(typeof(int?))]
internal sealed partial class PersonContext : JsonSerializerContext;
