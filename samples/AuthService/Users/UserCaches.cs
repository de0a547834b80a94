using System.Data.Common;
using AuthService.Caching;
using Npgsql;
using SolidCache.Postgres;

namespace AuthService.Users;

/// <summary>What is cached of a user, and how whoever changes the user clears it: the profile in the change's own transaction, the permissions, in Redis, after it.</summary>
internal sealed class UserCaches(ISolidCache profiles, PermissionCache permissions)
{
    public static string ProfileKey(long id) => FormattableString.Invariant($"user_profile:{id}");

    /// <summary>For all nodes when the transaction commits, and not at all when it is rolled back. What is being made of the user meanwhile is not stored.</summary>
    public Task InvalidateUserProfileCacheAsync(DbTransaction transaction, long id, CancellationToken cancellationToken) =>
        profiles.RemoveAsync(ProfileKey(id), transaction, cancellationToken);

    /// <summary>
    /// Redis takes no part in the transaction. So the change has raised the user's version, under which its permissions are looked for from the commit on, and
    /// to remove those of the version before only saves memory: a process that ends before it leaves nothing that is read.
    /// </summary>
    public async Task CommitAndInvalidateAllUserCachesAsync(NpgsqlTransaction transaction, long id, long newVersion, CancellationToken cancellationToken)
    {
        await InvalidateUserProfileCacheAsync(transaction, id, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        await permissions.RemoveAsync(id, newVersion - 1);
    }
}
