using Npgsql;
using SolidCache.Postgres.IntegrationTests.Documentation;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;
using SolidCache.Postgres.Schema;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>Functions and procedures under the names of the cache's own, by a neighbour who may create in its schema: no documented call runs one, or fails because of one.</summary>
public sealed class OverloadedNames
{
    private static readonly string[] Arguments =
    [
        "integer DEFAULT 0", "bigint", "bigint, integer DEFAULT 0", "bigint, double precision, bigint, integer DEFAULT 0", "text DEFAULT ''", "anyelement",
        "anyelement, integer DEFAULT 0", "anynonarray, double precision DEFAULT 0, bigint DEFAULT 0, text DEFAULT ''", "anycompatible, anycompatible DEFAULT NULL", "VARIADIC anyarray", "VARIADIC text[]",
    ];

    private static readonly string[] OfOurTypes =
    [
        "text", "text, text", "text, text, text", "text, text, text, text", "text, text, integer DEFAULT 0", "text, text, bigint DEFAULT 0", "text[]", "text[], text", "text[], text, integer DEFAULT 0", "text[], text, bigint",
        "text[], pg_snapshot", "text[], pg_snapshot, integer DEFAULT 0", "text[], pg_snapshot, bigint", "anyarray, pg_snapshot, anyelement", "anycompatiblearray, pg_snapshot, bigint", "regclass, text", "regclass, text, bigint",
        "regclass, text, text", "regclass, text, text, text, integer DEFAULT 0", "regclass, text, text, text[]", "regclass, text, text, text[], bigint", "jsonb, text[]", "jsonb, text[], bigint", "anyelement, text[], bigint", "oid, text", "oid, text, text, text[]", "oid, text, text, text[], bigint", "",
    ];

    private static readonly string[] Ours =
    [
        "SELECT public.cleanup_expired_cache(NULL::public.solid_cache_count)", "SELECT public.cleanup_expired_cache(1000::public.solid_cache_count)",
        "CALL public.sweep_expired_cache(64::public.solid_cache_count)", "CALL public.sweep_expired_cache(64::public.solid_cache_count, 0.01::double precision, 0::bigint)",
    ];

    private readonly string _neighbour = $"neighbour_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateNeighbourAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync($"CREATE ROLE {_neighbour} LOGIN PASSWORD 'secret'; GRANT CREATE, USAGE ON SCHEMA public TO {_neighbour}");
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
    }

    [TearDown]
    public async Task DropAsync()
    {
        await _database.ExecuteAsync($"DROP OWNED BY {_neighbour} CASCADE; DROP ROLE {_neighbour}");
        await _database.DisposeAsync();
    }

    /// <summary>By a right on the type he would have overloads that fit as well.</summary>
    [Test]
    public async Task Default_privileges_give_nobody_the_type_of_the_argument_that_tells_them_apart()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetDropScript());
        await _database.ExecuteAsync($"ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO {_neighbour} WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO pg_monitor");
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());

        await Assert.ThatAsync(
            () => AsNeighbourAsync("CREATE FUNCTION public.solid_cache_is_fresh(text[], pg_snapshot, public.solid_cache_count, integer DEFAULT 0) RETURNS boolean LANGUAGE sql AS 'SELECT true'"),
            Throws.InstanceOf<PostgresException>().With.Property(nameof(PostgresException.SqlState)).EqualTo(PostgresErrorCodes.InsufficientPrivilege));
        Assert.That(await _database.ScalarAsync<string>("SELECT array_to_string(typacl, ',') FROM pg_type WHERE typname = 'solid_cache_count'"), Does.Match("^[^,]*$"), "Its owner's alone.");

        // Of a database that was made before this was so.
        await _database.ExecuteAsync($"GRANT USAGE ON DOMAIN solid_cache_count TO {_neighbour} WITH GRANT OPTION");
        await AsNeighbourAsync("GRANT USAGE ON DOMAIN public.solid_cache_count TO pg_monitor");
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        Assert.That(await _database.ScalarAsync<string>("SELECT array_to_string(typacl, ',') FROM pg_type WHERE typname = 'solid_cache_count'"), Does.Match("^[^,]*$"));
        await _database.ExecuteAsync($"ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM {_neighbour}, pg_monitor");
    }

    [Test]
    public async Task No_documented_call_runs_another_or_is_ambiguous()
    {
        foreach (var arguments in Arguments)
        {
            await AsNeighbourAsync($"CREATE FUNCTION public.cleanup_expired_cache({arguments}) RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hijacked''; END'");
            await AsNeighbourAsync($"CREATE PROCEDURE public.sweep_expired_cache({arguments}) LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hijacked''; END'");
        }

        var documented = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs/operations.md")) + File.ReadAllText(Path.Combine(RepositoryRoot.Path, "docs/operations/cronjob.yaml"));
        Assert.That(documented, Does.Contain($"'{Ours[0]};'").And.Contain($"--command={Ours[0]};").And.Contain($"'{Ours[2]}'"));
        foreach (var call in Ours.Concat(DocumentedBlock.Of("docs/schema.md").Where(static block => block.Text.StartsWith("CALL", StringComparison.Ordinal)).SelectMany(static block => block.Text.Split('\n'))))
        {
            await _database.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
            await _database.ExecuteAsync(call);
            Assert.That(await _database.ScalarAsync<long>("SELECT count(*) FROM solid_cache_entries"), Is.Zero, call);
        }

        foreach (var command in (string[])["verify", "cleanup", "migrate"])
        {
            var run = await ToolRun.OfAsync(command, "--connection-string", _database.ConnectionString);
            Assert.That(run.ExitCode, Is.Zero, run.Error);
        }

        await _database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "docs/operations/uninstall.sql")));
    }

    [Test]
    public async Task No_overload_stops_reads_triggers_and_removals_or_runs_instead()
    {
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        await _database.ExecuteAsync("CREATE TABLE users (id bigint); SELECT solid_cache_remove_on_change('users', 'user:{id}'), solid_cache_remove_on_change('users', 'in:{id}', 'shop', 'warn')");
        // But for those that are the cache's own.
        await AsNeighbourAsync(string.Join('\n', CacheRoutines.Functions.SelectMany(static routine => OfOurTypes.Concat(Arguments).Select(arguments =>
            $"""
            DO $do$
            BEGIN
              CREATE FUNCTION public.solid_cache_{routine.Name}({arguments}) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hijacked''; END';
            EXCEPTION WHEN insufficient_privilege OR duplicate_function THEN NULL;
            END
            $do$;
            """))));

        SolidCacheEntryOptions tagged = new() { Tags = ["t"], AllowStaleFor = TimeSpan.FromHours(1), RefreshBefore = 0.1 };
        await node.Cache.GetOrCreateAsync("user:1", static _ => ValueTask.FromResult<byte[]>([1]), tagged);
        Assert.That(await node.Cache.GetAsync("user:1"), Is.EqualTo(new byte[] { 1 }));
        await _database.ExecuteAsync("INSERT INTO users VALUES (1)");
        Assert.That(await node.Cache.GetAsync("user:1"), Is.Null);
        await node.Cache.SetAsync("user:2", [1], tagged);
        await _database.ExecuteAsync("UPDATE users SET id = 2; DELETE FROM users; TRUNCATE users");
        Assert.That(await node.Cache.GetAsync("user:2"), Is.Null);
        await node.Cache.SetAsync("tagged", [1], tagged);
        Assert.That(await node.Cache.RemoveByTagAsync("t"), Is.EqualTo(1));
        await _database.ExecuteAsync(Ours[0]);
        await _database.ExecuteAsync("SELECT solid_cache_remove_keys(ARRAY['k'], NULL::text, NULL::public.solid_cache_count)");

        // What people write: at worst it is refused as ambiguous.
        var blocks = DocumentedBlock.Of("docs/schema.md").Concat(DocumentedBlock.Of("docs/guide.md"));
        string[] calls = [.. blocks.SelectMany(static block => block.Text.Split('\n')).Where(static line => line.StartsWith("SELECT public.solid_cache_", StringComparison.Ordinal))];
        Assert.That(calls, Has.Length.GreaterThan(6));
        await _database.ExecuteAsync("ALTER TABLE users ADD team int");
        foreach (var call in calls)
        {
            try
            {
                await _database.ExecuteAsync(call);
            }
            catch (PostgresException error)
            {
                Assert.That(error.SqlState, Is.EqualTo(PostgresErrorCodes.AmbiguousFunction), $"{call}: {error.MessageText}");
            }
        }
    }

    [TestCase("cleanup_expired_cache(public.solid_cache_count, integer DEFAULT 0)")]
    [TestCase("cleanup_expired_cache(VARIADIC public.solid_cache_count[])")]
    [TestCase("sweep_expired_cache(public.solid_cache_count DEFAULT NULL)")]
    public async Task Nobody_else_may_use_the_type_of_the_argument(string signature) =>
        await Assert.ThatAsync(
            () => AsNeighbourAsync($"CREATE FUNCTION public.{signature} RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'"),
            Throws.TypeOf<PostgresException>().With.Message.Contains("permission denied for type solid_cache_count"));

    [Test]
    public async Task A_type_of_that_name_that_was_there_before_is_refused()
    {
        await _database.ExecuteAsync(await File.ReadAllTextAsync(Path.Combine(RepositoryRoot.Path, "docs/operations/uninstall.sql")));
        await AsNeighbourAsync("CREATE DOMAIN public.solid_cache_count AS bigint");
        await using var node = CacheHost.Build(_database.ConnectionString);

        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("\"solid_cache_count\" belongs to the role"));
        await Assert.ThatAsync(() => _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains("belongs to the role"));
    }

    private Task AsNeighbourAsync(string sql) => PostgresServer.ExecuteAsync(_database.ConnectionStringOf(_neighbour, "secret") + ";Pooling=false", sql);
}
