using System.Text.Json.Serialization;

namespace AuthService.Users;

/// <summary>
/// The JSON of a cached profile. It insists on every value, so that an entry from a version of the service with another profile is
/// an error, which <see cref="UserDirectory"/> takes for a miss, and no half-empty profile.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UserProfile))]
internal sealed partial class UserProfileJson : JsonSerializerContext;
