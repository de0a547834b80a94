using AuthService.Caching;
using Npgsql;
using SolidCache.Postgres;

namespace AuthService.Settings;

/// <summary>
/// Has the database remove the cached settings in whichever transaction changes one: the service's, or that of an administrator in psql. Each version of what is
/// cached brings a trigger of its own, so that the instances of a rolling deployment all see the change.
/// </summary>
internal sealed class SettingTrigger(NpgsqlDataSource database, ISolidCache cache)
{
    // Those who change a setting take the same locks in the same order.
    private const string Lock = "LOCK TABLE auth.settings IN SHARE ROW EXCLUSIVE MODE";

    // With all arguments and their types, which fit no function of fewer that somebody put beside the cache's own.
    private const string Install = "SELECT public.solid_cache_remove_on_change('auth.settings'::regclass, $1, $2, 'fail'::text)";

    /// <summary>May be called again. What was cached before is removed: nobody told of the changes until then.</summary>
    public async Task InstallAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var locking = new NpgsqlCommand(Lock, connection);
        await locking.ExecuteNonQueryAsync(cancellationToken);
        await cache.RemoveAsync(SettingDirectory.Key, transaction, cancellationToken); // At the first start this makes the cache's schema, with the function below.
        await using var install = new NpgsqlCommand(Install, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = SettingDirectory.Key },
                new NpgsqlParameter<string> { TypedValue = SolidCacheRegistration.KeyPrefix },
            },
        };
        await install.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
