namespace AuthService.Authentication;

/// <summary>What a user may do beyond reading and changing itself; also the names of the policies that ask for it.</summary>
internal static class Permissions
{
    public const string SystemAdmin = "system:admin";
    public const string ReadUsers = "users:read";
    public const string WriteUsers = "users:write";

    /// <summary>The claim of an access token that lists them.</summary>
    public const string Claim = "permissions";
}
