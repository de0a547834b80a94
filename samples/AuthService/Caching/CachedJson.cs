using System.Text.Json.Serialization;
using AuthService.Roles;
using AuthService.Settings;
using AuthService.Users;
using SolidCache.Postgres;

namespace AuthService.Caching;

/// <summary>
/// The JSON of everything that is cached. It insists on every value, so that an entry that was damaged is an error, which the readers take
/// for a miss, and no half-empty profile.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UserProfile))]
[JsonSerializable(typeof(Role[]))]
[JsonSerializable(typeof(Setting[]))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class CachedJson : JsonSerializerContext
{
    /// <summary>The version of the types above, which changes when one of them does.</summary>
    public static string Version => SolidCacheKeyVersion.Of(Default.UserProfile, Default.RoleArray, Default.SettingArray);
}
