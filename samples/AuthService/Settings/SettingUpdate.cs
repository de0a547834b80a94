using System.Text.Json.Serialization;

namespace AuthService.Settings;

/// <summary>The body of a change.</summary>
internal sealed record SettingUpdate([property: JsonPropertyName("value")] string? Value)
{
    private const int Longest = 1_000;

    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems() =>
        Value is null || Value.Length > Longest || Value.Contains('\0', StringComparison.Ordinal)
            ? new() { ["value"] = [$"A text of at most {Longest} characters is needed."] }
            : [];
}
