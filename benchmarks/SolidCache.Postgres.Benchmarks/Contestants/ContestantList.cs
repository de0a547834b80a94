#if RIVALS
using Community.Microsoft.Extensions.Caching.PostgreSql;
using Microsoft.Extensions.DependencyInjection;
#endif
using SolidCache.Postgres.Benchmarks.Servers;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>The closed list of those that take part.</summary>
internal static class ContestantList
{
    public static async Task<IContestant> CreateAsync(ContestantName name, PostgresServer server)
    {
        IContestant contestant = name switch
        {
            ContestantName.SolidCache => new SolidCacheContestant(name, server, _ => { }),
            ContestantName.SolidCacheUncoalesced => new SolidCacheContestant(name, server, options => options.Coalescing = false),
            ContestantName.SolidCacheFull => new SolidCacheContestant(name, server, options => options.Durability = SolidCacheDurability.Full),
            ContestantName.Redis => new RedisContestant(),
            ContestantName.PlainNpgsql => new PlainNpgsqlContestant(server),
#if RIVALS
            ContestantName.MicrosoftPostgres => new RivalContestant(name, server, static (services, connectionString, schema) => services.AddDistributedPostgresCache(options =>
            {
                (options.ConnectionString, options.SchemaName, options.TableName, options.CreateIfNotExists) = (connectionString, schema, RivalContestant.Table, true);
            })),
            ContestantName.CommunityPostgreSql => new RivalContestant(name, server, static (services, connectionString, schema) => services.AddDistributedPostgreSqlCache(options =>
            {
                (options.ConnectionString, options.SchemaName, options.TableName) = (connectionString, schema, RivalContestant.Table);
            })),
#endif
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Nobody takes part under this name."),
        };
        await contestant.CreateAsync();
        return contestant;
    }
}
