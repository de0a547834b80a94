namespace AuthService.Authentication;

/// <summary>Who may do what, by the permissions in the access token.</summary>
internal static class PermissionPolicies
{
    public const string ReadUser = "read the user of the route";
    public const string WriteUser = "write the user of the route";

    public static void AddPermissionPolicies(this IServiceCollection services) =>
        services.AddAuthorizationBuilder()
            .AddPolicy(Permissions.SystemAdmin, static policy => policy.RequireClaim(Permissions.Claim, Permissions.SystemAdmin))
            .AddPolicy(Permissions.ReadUsers, static policy => policy.RequireClaim(Permissions.Claim, Permissions.ReadUsers))
            .AddPolicy(ReadUser, static policy => policy.RequireAuthenticatedUser().AddRequirements(new SelfOrPermission(Permissions.ReadUsers)))
            .AddPolicy(WriteUser, static policy => policy.RequireAuthenticatedUser().AddRequirements(new SelfOrPermission(Permissions.WriteUsers)));
}
