using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace AuthService.Users;

/// <summary>The body of an update. It replaces both values: a phone that is left out is removed.</summary>
internal sealed partial record ProfileUpdate(
    [property: JsonPropertyName("displayName")] string? DisplayName,
    [property: JsonPropertyName("phone")] string? Phone)
{
    private const int LongestName = 100;

    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems()
    {
        var problems = new Dictionary<string, string[]>();
        if (string.IsNullOrWhiteSpace(DisplayName) || DisplayName.Length > LongestName || DisplayName.Any(char.IsControl))
        {
            problems["displayName"] = [$"A display name of 1 to {LongestName} characters, none of them control characters, is needed."];
        }

        if (Phone is not null && !PhoneNumber.IsMatch(Phone))
        {
            problems["phone"] = ["A phone number looks like +1 555 0100."];
        }

        return problems;
    }

    [GeneratedRegex(@"\A\+?[0-9][0-9 ()./-]{2,30}\z")]
    private static partial Regex PhoneNumber { get; }
}
