namespace AuthService.Authentication;

/// <summary>What is known about somebody who has to show a password. An address that is nobody's has no password hash, and else looks the same.</summary>
/// <param name="UserId">The user, or 0.</param>
/// <param name="Email">The address as the database compares it: attempts are counted by the account, however it was spelt.</param>
/// <param name="PasswordHash">What a password has to match.</param>
/// <param name="IsFromKnownNetwork">Whether the user has signed in from this network before.</param>
internal sealed record Credentials(long UserId, string Email, string? PasswordHash, bool IsFromKnownNetwork);
