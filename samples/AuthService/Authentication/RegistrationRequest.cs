using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using AuthService.Users;

namespace AuthService.Authentication;

/// <summary>The body of a registration.</summary>
internal sealed partial record RegistrationRequest(
    [property: JsonPropertyName("email")] string? Email,
    [property: JsonPropertyName("username")] string? Username,
    [property: JsonPropertyName("password")] string? Password,
    [property: JsonPropertyName("displayName")] string? DisplayName,
    [property: JsonPropertyName("phone")] string? Phone)
{
    private const int LongestEmail = 254;

    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems()
    {
        var problems = new ProfileUpdate(DisplayName, Phone).FindProblems();
        if (Email is null || Email.Length > LongestEmail || !EmailAddress.IsMatch(Email))
        {
            problems["email"] = [$"An email address of at most {LongestEmail} characters is needed."];
        }

        if (Username is null || !UserName.IsMatch(Username))
        {
            problems["username"] = ["A username of 3 to 32 lower-case letters, digits, '.', '_' and '-' is needed, with a letter at the start."];
        }

        if (PasswordRules.FindProblem(Password, Email) is { } problem)
        {
            problems["password"] = [problem];
        }

        return problems;
    }

    /// <summary>Whether it exists, only a message to it can tell.</summary>
    [GeneratedRegex(@"\A[^@\s\p{C}]{1,64}@[^@\s\p{C}]+\.[^@\s\p{C}]+\z")]
    private static partial Regex EmailAddress { get; }

    [GeneratedRegex(@"\A[a-z][a-z0-9._-]{2,31}\z")]
    private static partial Regex UserName { get; }
}
