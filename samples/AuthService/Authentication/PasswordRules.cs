using System.Diagnostics.CodeAnalysis;

namespace AuthService.Authentication;

/// <summary>What a password can be at all, and what a new one must be: long. Rules about digits and signs make passwords worse.</summary>
internal static class PasswordRules
{
    public const int Shortest = 12;

    /// <summary>Keeps absurdly long texts from the hash function.</summary>
    public const int Longest = 256;

    /// <summary>HMAC fills its key up with U+0000: with some of them behind it, a password is the same to it, and a short one is long.</summary>
    public static bool CanBeOne([NotNullWhen(true)] string? password) =>
        password is { Length: > 0 and <= Longest } && !password.Contains('\0', StringComparison.Ordinal);

    /// <returns>What is wrong with a new one, or null.</returns>
    public static string? FindProblem(string? password, string? email) => password switch
    {
        _ when !CanBeOne(password) || password.Length < Shortest => $"A password of {Shortest} to {Longest} characters, none of them U+0000, is needed.",
        _ when password.Equals(email, StringComparison.OrdinalIgnoreCase) => "The password may not be the email address.",
        _ => null,
    };
}
