namespace AuthService.Users;

/// <summary>A user as the database has it, without permissions. The version rises with every change of the user or its roles.</summary>
internal sealed record UserRow(UserProfile Profile, long Version);
