using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Aot;

[JsonSerializable(typeof(Profile))]
internal sealed partial class ProfileContext : JsonSerializerContext;
