namespace AuthService.Users;

/// <summary>What the cache had to do with an answer.</summary>
internal enum CacheUse
{
    Hit,
    Miss,
    Bypass,
}
