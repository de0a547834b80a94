using System.Text.Json.Serialization;

namespace AuthService.Authentication;

/// <summary>The body of a refresh and of a sign-out.</summary>
internal sealed record RefreshRequest([property: JsonPropertyName("refreshToken")] string? RefreshToken)
{
    private const int Longest = 256;

    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems() =>
        string.IsNullOrEmpty(RefreshToken) || RefreshToken.Length > Longest ? new() { ["refreshToken"] = ["A refresh token is needed."] } : [];
}
