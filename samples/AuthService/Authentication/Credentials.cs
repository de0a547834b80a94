namespace AuthService.Authentication;

/// <summary>What is known about a user who wants to sign in.</summary>
internal sealed record Credentials(long UserId, string PasswordHash);
