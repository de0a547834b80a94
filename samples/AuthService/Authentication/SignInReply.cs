using System.Text.Json.Serialization;

namespace AuthService.Authentication;

internal sealed record SignInReply(
    [property: JsonPropertyName("accessToken")] string AccessToken,
    [property: JsonPropertyName("expiresIn")] int ExpiresIn);
