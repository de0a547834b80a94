namespace AuthService.Roles;

/// <summary>A role and what it lets its users do.</summary>
internal sealed record Role(string Name, string[] Permissions);
