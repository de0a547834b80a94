namespace AuthService.Authentication;

/// <summary>What a session begins with: a user, the hash that the password was found to match, and the network that the user came from.</summary>
internal sealed record SessionStart(long UserId, string PasswordHash, string Network);
