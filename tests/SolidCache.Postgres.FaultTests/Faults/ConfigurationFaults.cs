using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Faults;

/// <summary>Somebody takes away what the cache needs, and gives it back: errors say what to do, and no restart is needed.</summary>
public sealed class ConfigurationFaults
{
    [Test]
    public async Task A_dropped_table_is_made_anew()
    {
        await using var cluster = await Cluster.StartNewAsync();
        var result = await Load.ThroughAsync(cluster.ConnectionString, _ => DropAsync(cluster));

        Assert.That(result.Errors.Select(error => error.Kind), Is.All.EqualTo(PostgresErrorCodes.UndefinedTable));
        // Acknowledged sets went with the table.
        await FaultReport.AssertAsync("table dropped", result, setsMayBeLost: true);
    }

    [Test]
    public async Task A_table_that_is_dropped_again_is_made_again_after_a_second()
    {
        await using var cluster = await Cluster.StartNewAsync();
        var time = new FakeTimeProvider();
        await using var node = await CacheHost.StartAsync(
            cluster.ConnectionString, options => options.Coalescing = false, services => services.AddSingleton<TimeProvider>(time));
        await DropAsync(cluster);
        await Assert.ThatAsync(() => node.Cache.GetAsync("key"), Throws.TypeOf<SolidCacheException>());
        Assert.That(await node.Cache.GetAsync("key"), Is.Null);

        await DropAsync(cluster);
        for (var call = 0; call < 3; call++)
        {
            await Assert.ThatAsync(() => node.Cache.GetAsync("key"), Throws.TypeOf<SolidCacheException>());
        }

        time.Advance(TimeSpan.FromSeconds(1.1));
        await Assert.ThatAsync(() => node.Cache.GetAsync("key"), Throws.TypeOf<SolidCacheException>());
        Assert.That(await node.Cache.GetAsync("key"), Is.Null);
    }

    [Test]
    public async Task A_renamed_table_is_an_error_that_says_which_script_to_run_when_the_cache_may_not_make_one()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await cluster.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        var result = await Load.ThroughAsync(
            cluster.ConnectionString,
            async cache =>
            {
                await cluster.ExecuteAsync("ALTER TABLE solid_cache_entries RENAME TO gone");
                await ComplainsAsync(cache, "GetScript");
                await cluster.ExecuteAsync("ALTER TABLE gone RENAME TO solid_cache_entries");
            },
            options => options.CreateSchemaIfNotExists = false);

        await FaultReport.AssertAsync("table renamed and renamed back", result);
    }

    [Test]
    public async Task Revoked_rights_are_an_error_that_names_the_grant()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await CacheUser.CreateAsync(cluster);
        var result = await Load.ThroughAsync(CacheUser.ConnectionStringOn(cluster.Port), async cache =>
        {
            await cluster.ExecuteAsync(CacheUser.Revoke);
            await ComplainsAsync(cache, "GRANT USAGE ON SCHEMA");
            await cluster.ExecuteAsync(CacheUser.Grant);
        });

        await FaultReport.AssertAsync("rights revoked and granted again", result);
    }

    [Test]
    [Category("Long")]
    public async Task A_changed_password_is_an_error_until_the_right_one_is_used()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await CacheUser.CreateAsync(cluster);
        var result = await Load.ThroughAsync(CacheUser.ConnectionStringOn(cluster.Port), async cache =>
        {
            await cluster.ExecuteAsync(CacheUser.ChangePassword);
            await ComplainsAsync(cache, "refused the login");
            await cluster.ExecuteAsync(CacheUser.ChangePasswordBack);
        });

        await FaultReport.AssertAsync("password changed and changed back", result);
    }

    [Test]
    public async Task A_rotating_password_of_a_registered_data_source_is_used()
    {
        await using var cluster = await Cluster.StartNewAsync();
        await CacheUser.CreateAsync(cluster);
        var password = "old";
        var builder = new NpgsqlDataSourceBuilder(CacheUser.ConnectionStringOn(cluster.Port, password: null));
        builder.UsePasswordProvider(_ => password, (_, _) => ValueTask.FromResult(password));
        await using var source = builder.Build();
        await using var node = await CacheHost.StartAsync(null!, configureServices: services => services.AddSingleton(source));
        await node.Cache.SetAsync("key", [1], new());

        await cluster.ExecuteAsync("ALTER ROLE cache_user PASSWORD 'new'");
        password = "new";
        await cluster.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'cache_user'");

        Assert.That(await node.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
        await node.Cache.RemoveAsync("key");
    }

    private static Task DropAsync(Cluster cluster) => cluster.ExecuteAsync("DROP TABLE solid_cache_entries, solid_cache_state");

    private static Task ComplainsAsync(ISolidCache cache, string remedy) => Eventually.TrueAsync(
        async () =>
        {
            try
            {
                await cache.GetAsync("key:0");
                return false;
            }
            catch (SolidCacheException error)
            {
                return error.Message.Contains(remedy, StringComparison.Ordinal);
            }
            catch (NpgsqlException)
            {
                return false;
            }
        },
        $"an error speaks of: {remedy}");
}
