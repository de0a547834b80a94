namespace AuthService.Users;

/// <summary>A user as a list shows it.</summary>
internal sealed record UserSummary(long Id, string Email, string Username, string DisplayName, DateTime CreatedAt, string[] Roles);
