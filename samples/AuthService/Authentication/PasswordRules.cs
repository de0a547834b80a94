namespace AuthService.Authentication;

/// <summary>What a new password must be: long. Rules about digits and signs make passwords worse.</summary>
internal static class PasswordRules
{
    public const int Shortest = 12;

    /// <summary>Keeps absurdly long texts from the hash function.</summary>
    public const int Longest = 256;

    /// <returns>What is wrong with it, or null.</returns>
    public static string? FindProblem(string? password, string? email) => password switch
    {
        null or { Length: < Shortest or > Longest } => $"A password of {Shortest} to {Longest} characters is needed.",
        _ when password.Equals(email, StringComparison.OrdinalIgnoreCase) => "The password may not be the email address.",
        _ => null,
    };
}
