using System.Text.Json;
using System.Text.Json.Serialization;

namespace SolidCache.Postgres.Benchmarks.Workloads;

/// <summary>Generated at build time, as an application with NativeAOT has it.</summary>
[JsonSerializable(typeof(UserProfile))]
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
internal sealed partial class UserProfileJson : JsonSerializerContext;
