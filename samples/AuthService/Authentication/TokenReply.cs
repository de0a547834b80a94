using System.Text.Json.Serialization;

namespace AuthService.Authentication;

/// <summary>What a client gets for a sign-in, a registration or a refresh. Lives are in seconds.</summary>
internal sealed record TokenReply(
    [property: JsonPropertyName("accessToken")] string AccessToken,
    [property: JsonPropertyName("expiresIn")] int ExpiresIn,
    [property: JsonPropertyName("refreshToken")] string RefreshToken,
    [property: JsonPropertyName("refreshExpiresIn")] int RefreshExpiresIn);
