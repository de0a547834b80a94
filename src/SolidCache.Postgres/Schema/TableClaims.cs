using System.Collections.Concurrent;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Schema;

/// <summary>
/// Which caches of one application use which rows: two that share table and prefix would overwrite each other's entries. What counts is the table itself, as
/// the server knows it, and not how its address is written. Several hosts of one process are several nodes of one application, and share nothing here.
/// </summary>
internal sealed class TableClaims
{
    private readonly ConcurrentDictionary<(string Identity, string? Prefix), string> _claims = new();

    /// <param name="found">What the cache found; it claims nothing while there is no table.</param>
    /// <param name="table">As it is called.</param>
    /// <param name="prefix">The cache's key prefix.</param>
    /// <param name="name">The cache's service key; empty for the unkeyed one.</param>
    /// <exception cref="SolidCacheException">Another cache has them.</exception>
    public void Claim(FoundSchema found, TableName table, string? prefix, string name)
    {
        if (found.Identity is { } identity && _claims.GetOrAdd((identity, prefix), name) is var first && first != name)
        {
            throw new SolidCacheException(
                $"The {Named(name)} and the {Named(first)} of this application use the same table {table} and the same {nameof(PostgresSolidCacheOptions.KeyPrefix)} "
                + $"({prefix ?? "none"}), and would overwrite each other's entries. Give each a {nameof(PostgresSolidCacheOptions.KeyPrefix)} or a "
                + $"{nameof(PostgresSolidCacheOptions.TableName)} of its own; or register one cache, and inject it in both places.")
            {
                IsMismatch = true,
            };
        }
    }

    private static string Named(string name) => name.Length == 0 ? "unkeyed cache" : $"cache '{name}'";
}
