namespace AuthService.Users;

/// <summary>All that the service tells about a user, and what it caches.</summary>
internal sealed record UserProfile(
    long Id,
    string Email,
    string Username,
    string DisplayName,
    string? Phone,
    DateTime CreatedAt,
    DateTime UpdatedAt,
    string[] Roles,
    string[] Permissions);
