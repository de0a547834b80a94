using System.Text.Json.Serialization;

namespace AuthService.Authentication;

/// <summary>The body of a sign-in.</summary>
internal sealed record SignInRequest(
    [property: JsonPropertyName("email")] string? Email,
    [property: JsonPropertyName("password")] string? Password)
{
    private const int LongestEmail = 256;

    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems()
    {
        var problems = new Dictionary<string, string[]>();
        // PostgreSQL's text cannot hold U+0000.
        if (string.IsNullOrEmpty(Email) || Email.Length > LongestEmail || Email.Contains('\0', StringComparison.Ordinal))
        {
            problems["email"] = [$"An email address of at most {LongestEmail} characters is needed."];
        }

        if (!PasswordRules.CanBeOne(Password))
        {
            problems["password"] = [$"A password of at most {PasswordRules.Longest} characters, none of them U+0000, is needed."];
        }

        return problems;
    }
}
