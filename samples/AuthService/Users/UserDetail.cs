namespace AuthService.Users;

/// <summary>A profile, or null when there is no such user, and where it and its permissions came from.</summary>
internal readonly record struct UserDetail(UserProfile? Profile, CacheUse Cache, CacheUse? PermissionsCache);
