using System.Text.Json.Serialization;

namespace AuthService.Roles;

/// <summary>The body of an assignment: all the roles that the user shall have.</summary>
internal sealed record RoleAssignment([property: JsonPropertyName("roles")] string[]? Roles)
{
    private const int MostRoles = 20;

    /// <summary>What is wrong with it, by the names that the client sent; empty when nothing is.</summary>
    public Dictionary<string, string[]> FindProblems() =>
        Roles is null || Roles.Length > MostRoles || Roles.Any(static role => role is null || role.Contains('\0', StringComparison.Ordinal))
            ? new() { ["roles"] = [$"A list of at most {MostRoles} names of roles is needed; an empty one takes all roles away."] }
            : [];
}
