using System.Text.Json.Serialization;

namespace AuthService.Authentication;

/// <summary>The body of a change of the own password.</summary>
internal sealed record PasswordChange(
    [property: JsonPropertyName("currentPassword")] string? CurrentPassword,
    [property: JsonPropertyName("newPassword")] string? NewPassword)
{
    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems(string email)
    {
        var problems = new Dictionary<string, string[]>();
        if (!PasswordRules.CanBeOne(CurrentPassword))
        {
            problems["currentPassword"] = ["The current password is needed."];
        }

        if (PasswordRules.FindProblem(NewPassword, email) is { } problem)
        {
            problems["newPassword"] = [problem];
        }

        return problems;
    }
}
