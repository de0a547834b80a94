using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.IntegrationTests.Documentation;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Sweeping;
using SolidCache.Postgres.Transactions;

namespace SolidCache.Postgres.IntegrationTests.Hostile;

/// <summary>
/// Whoever may create in <c>public</c>, where the cache has its tables and everybody's search_path leads to, runs none of his functions and operators as the
/// cache's role, nor as a superuser who uses the tool or what the pages say.
/// </summary>
public sealed class ShadowedNames
{
    private const string NoCache = "00000000-0000-0000-0000-000000000000";
    private const string NoTypes = ";Pooling=false;Server Compatibility Mode=NoTypeLoading";
    private static readonly SqlNames Names = new(new TableName(TableName.DefaultSchema, TableName.DefaultTable));
    private readonly string _role = $"shadowed_{Guid.NewGuid():N}";
    private readonly string _neighbour = $"neighbour_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;
    private Shadows _shadows = null!;

    [OneTimeSetUp]
    public async Task CreateShadowsAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(
            $"""
            CREATE ROLE {_role} LOGIN PASSWORD 'secret';
            CREATE ROLE {_neighbour};
            GRANT CREATE, USAGE ON SCHEMA public TO {_role}, {_neighbour};
            -- So that the cache asks for what Citus distributes, which is nothing here.
            SET allow_system_table_mods = on;
            CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
            GRANT SELECT ON pg_catalog.pg_dist_partition TO PUBLIC;
            """);
        _shadows = await Shadows.CreateAsync(_database, _neighbour);
    }

    [OneTimeTearDown]
    public async Task DropAsync()
    {
        await _database.DisposeAsync();
        await PostgresServer.ExecuteAsync(PostgresServer.ConnectionString, $"DROP ROLE {_role}; DROP ROLE {_neighbour}");
    }

    [SetUp]
    public async Task NothingIsThereAsync()
    {
        await _database.ExecuteAsync($"ALTER ROLE {_role} RESET search_path; DROP TABLE IF EXISTS public.solid_cache_entries, public.solid_cache_state, public.solid_cache_tag_removals, public.solid_cache_invalidations; DROP DOMAIN IF EXISTS public.solid_cache_count CASCADE");
        await _database.ExecuteAsync(string.Join(';', CacheRoutines.Functions.Reverse().Select(static routine => $"DROP FUNCTION IF EXISTS public.solid_cache_{routine.Name} CASCADE")));
        await _shadows.ForgetAsync();
    }

    [TearDown]
    public async Task NoneWasCalledAsync() => Assert.That(await _shadows.CalledAsync(), Is.Null);

    [Test]
    public async Task The_shadows_are_called_by_statements_that_are_not_made_for_them()
    {
        TestContext.Out.WriteLine($"{_shadows.Count} statements made the shadows.");
        foreach (var unguarded in (string[])
            [
                "SELECT unnest('{a}'::text[])", "SELECT 1::bigint * interval '1 second'", "SELECT format('%s', 1::bigint)", "SELECT 1::oid = 'pg_class'::regclass",
                "SELECT max(oid::regclass) FROM pg_class", "SELECT pg_total_relation_size('pg_class')", "SELECT 1::oid = 'now'::regproc",
            ])
        {
            await Assert.ThatAsync(() => ExecuteAsync(OfRole, unguarded), Throws.InstanceOf<PostgresException>().With.Message.Contains("shadow number"), unguarded);
            Assert.That(await _shadows.CalledAsync(), Is.Not.Null, unguarded);
            await _shadows.ForgetAsync();
        }
    }

    /// <summary>A fact that the pages tell: what Npgsql asks on the first connection of a data source is looked up where the role's search_path leads.</summary>
    [Test]
    public async Task Npgsqls_own_question_for_types_calls_them_where_it_is_asked()
    {
        await Assert.ThatAsync(() => PostgresServer.ExecuteAsync(OfRole, "SELECT"), Throws.InstanceOf<PostgresException>());
        Assert.That(await _shadows.CalledAsync(), Does.Contain("operator_").And.Contain("(oid, regproc)"));
        await _shadows.ForgetAsync();

        await _database.ExecuteAsync($"ALTER ROLE {_role} SET search_path = ''");
        await PostgresServer.ExecuteAsync(OfRole, "SELECT");
    }

    /// <summary>
    /// By name, so that a new statement fails this test until it is called here. And each is held against the catalog, in which a function of its text would
    /// depend on whatever it calls that is not PostgreSQL's own.
    /// </summary>
    [Test]
    public async Task Every_statement_of_the_library_and_the_tool_is_sent_and_none_leads_to_a_shadow()
    {
        using var ear = new StatementEar(new NpgsqlConnectionStringBuilder(_database.ConnectionString).Database!);
        var builder = new NpgsqlDataSourceBuilder(OfRole + ";Server Compatibility Mode=NoTypeLoading");
        ear.ListenTo(builder);
        await using var registered = builder.Build();
        await UseAsync("", options => (options.ConnectionString, options.Invalidation.Enabled) = (null, true), services => services.AddSingleton(registered));
        await SendByHandAsync(registered);
        await UseToolAsync(OfRole, "solid_cache_entries");
        await UseToolAsync(OfSuperuser, "of_a_superuser");

        var missing = StatementNames.All.Except(ear.Heard.Keys.Select(StatementNames.Of)).ToList();
        Assert.That(missing, Is.Empty, "Statements that this test does not send.");
        foreach (var (statement, types) in ear.Heard.Where(static heard => heard.Value is not null && !IsUtility(heard.Key)))
        {
            Assert.That(StatementNames.Of(statement), Is.Not.Null, statement);
            await LeadsNowhereAsync(statement, types!);
        }
    }

    [TestCase("\"$user\", public")]
    [TestCase("public, pg_catalog")]
    public async Task On_connections_of_its_own_no_search_path_of_the_role_matters(string path)
    {
        await _database.ExecuteAsync($"ALTER ROLE {_role} SET search_path = {path}");
        await UseAsync(OfRole, _ => { });
    }

    [TestCase("public")]
    [TestCase("public, pg_catalog")]
    public async Task Neither_do_the_function_and_the_procedure_call_any_whatever_the_callers_search_path(string path)
    {
        await ExecuteAsync(OfRole, PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync($"ALTER ROLE {_role} SET search_path = {path}");
        foreach (var sweep in (string[])["SELECT public.cleanup_expired_cache()", "SELECT public.cleanup_expired_cache(10)", "CALL public.sweep_expired_cache()"])
        {
            await _database.ExecuteAsync("INSERT INTO public.solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', '')");
            await ExecuteAsync(OfRole, sweep);
            Assert.That(await _database.ScalarAsync<long>("SELECT pg_catalog.count(*) FROM public.solid_cache_entries"), Is.Zero, sweep);
        }
    }

    [TestCase("public", "")]
    [TestCase("public, pg_catalog", "")]
    [TestCase("public, pg_catalog", "PARTITION BY LIST (id)")]
    public async Task Nor_do_the_functions_and_the_triggers_that_remove(string path, string partitions)
    {
        var table = $"public.data_{Guid.NewGuid():N}";
        await ExecuteAsync(OfRole, PostgresSolidCacheSchema.GetScript());
        await ExecuteAsync(OfRole, $"CREATE TABLE {table} (id bigint, at timestamptz) {partitions}; {(partitions.Length > 0 ? $"CREATE TABLE {table}_all PARTITION OF {table} DEFAULT" : "")}");
        await _database.ExecuteAsync($"ALTER ROLE {_role} SET search_path = {path}");

        foreach (var statement in (string[])
            [
                "SELECT public.solid_cache_remove('a')", "SELECT public.solid_cache_remove_keys('{a^b,c}')", "SELECT public.solid_cache_remove_by_tag('t')", $"SELECT public.solid_cache_remove('{new string('l', 2_000)}', 'shop')",
                $"SELECT public.solid_cache_remove_on_change('{table}', 'data:{{id}}:{{at}}')", $"INSERT INTO {table} VALUES (1, '2026-12-13Z')", $"UPDATE {table} SET id = 2", $"DELETE FROM {table}",
            ])
        {
            await ExecuteAsync(OfRole, statement);
        }

        Assert.That(
            await _database.ScalarAsync<string[]>("SET search_path TO pg_catalog; SELECT array_agg(key ORDER BY key) FROM public.solid_cache_entries WHERE length(key) < 99"),
            Is.EqualTo((string[])["^a^b", "a", "c", "data:1:2026-12-13T00:00:00+00:00", "data:2:2026-12-13T00:00:00+00:00"]));
        await ExecuteAsync(OfRole, $"TRUNCATE {table}");
        Assert.That(await _database.ScalarAsync<long>("SET search_path TO pg_catalog; SELECT count(*) FROM public.solid_cache_entries WHERE key LIKE 'data:%'"), Is.Zero);
        await ExecuteAsync(OfRole, $"SELECT public.solid_cache_forget('{table}', 'data:{{id}}:{{at}}')");
    }

    [Test]
    public async Task The_functions_have_a_search_path_of_their_own()
    {
        await ExecuteAsync(OfRole, PostgresSolidCacheSchema.GetScript());

        Assert.That(
            await _database.ScalarAsync<string[]>("SELECT proconfig FROM pg_proc WHERE proname = 'cleanup_expired_cache'"),
            Is.EqualTo((string[])["search_path=pg_catalog, pg_temp"]));
        Assert.That(
            await _database.ScalarAsync<long>("SELECT count(*) FROM pg_proc WHERE proname IN ('cleanup_expired_cache', 'sweep_expired_cache') AND prosecdef"), Is.Zero, "Nobody gets another's rights.");
        Assert.That(
            await _database.ScalarAsync<long>("SET search_path TO pg_catalog; SELECT count(*) FROM pg_proc WHERE proname LIKE 'solid_cache_%' AND ('search_path=pg_catalog, pg_temp' = ANY (proconfig) OR proname = 'solid_cache_log_change') AND prosecdef = (proname = 'solid_cache_is_fresh')"),
            Is.EqualTo(CacheRoutines.Functions.Length));
    }

    [TestCase("docs/operations.md")]
    [TestCase("docs/security.md")]
    [TestCase("docs/schema.md")]
    public async Task A_superuser_may_follow_the_pages(string page)
    {
        await ExecuteAsync(OfSuperuser, PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync("INSERT INTO public.solid_cache_entries (expires_at, key, value) VALUES ('-infinity', 'expired', 'a'), ('infinity', 'living', 'b')");
        foreach (var block in DocumentedBlock.Of(page).Where(static block => block is { Language: "sql", Remark: "" }))
        {
            // Roles are the server's: those of the page are this test's own.
            await Assert.ThatAsync(
                () => ExecuteAsync(OfSuperuser, string.Join('\n', block.Text.Split('\n').Where(static line => !line.StartsWith("CREATE ROLE", StringComparison.Ordinal)))
                    .Replace("cache_user", _role, StringComparison.Ordinal).Replace("cache_sweeper", _role, StringComparison.Ordinal).Replace("my_role", _role, StringComparison.Ordinal)),
                Throws.Nothing,
                block.ToString());
        }
    }

    private string OfRole => _database.ConnectionStringOf(_role, "secret") + ";Pooling=false";

    [Test]
    public async Task A_superuser_may_uninstall()
    {
        await ExecuteAsync(OfSuperuser, PostgresSolidCacheSchema.GetScript());
        await ExecuteAsync(OfSuperuser, PostgresSolidCacheSchema.GetDropScript());

        Assert.That(await _database.ScalarAsync<bool>("SELECT pg_catalog.to_regclass('public.solid_cache_entries') IS NULL"), Is.True);
    }

    private string OfSuperuser => _database.ConnectionString + ";Pooling=false";

    private static Task ExecuteAsync(string connectionString, string sql) => PostgresServer.ExecuteAsync(connectionString + NoTypes, sql);

    /// <summary>Every verb, alone and together with others, with rows that others have locked and with a table that is too large to be counted.</summary>
    private async Task UseAsync(string connectionString, Action<PostgresSolidCacheOptions> configure, Action<IServiceCollection>? configureServices = null)
    {
        await using var node = await CacheHost.StartAsync(
            connectionString,
            options =>
            {
                options.SweepExpiredEntries = true;
                configure(options);
            },
            configureServices);
        var cache = node.Cache;
        await cache.SetAsync("alone", [1], Window(1));
        Assert.That(await cache.GetAsync("alone"), Is.EqualTo(new byte[] { 1 }));
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cache.SetAsync($"key:{number}", [1], Window(number))));
        await PassHalfAMinuteAsync();
        Assert.That(await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cache.GetAsync($"key:{number}"))), Has.All.EqualTo(new byte[] { 1 }));
        await PassHalfAMinuteAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => cache.RefreshAsync($"key:{number}")));
        Assert.That(cache.Get("key:1"), Is.Not.Null);
        Assert.That(await cache.GetTimeToLiveAsync("key:1"), Is.GreaterThan(TimeSpan.FromSeconds(50)));
        Assert.That((await cache.GetStatisticsAsync()).TotalEntries, Is.EqualTo(41));
        await WriteLockedAsync(cache);
        await UseTagsAndTransactionsAsync(cache);
        await Task.WhenAll(Enumerable.Range(0, 5).Select(number => cache.RemoveAsync($"key:{number}")));
        Assert.That(await cache.RemoveByPatternAsync("key:1%"), Is.EqualTo(10));
        await cache.RemoveExpiredAsync();
        Assert.That(await cache.RemoveByPrefixAsync("key:"), Is.EqualTo(25));
        await _database.ExecuteAsync(
            "INSERT INTO public.solid_cache_entries (expires_at, key, value) SELECT 'infinity', number::text, pg_catalog.convert_to(repeat('x', 1900), 'UTF8') FROM generate_series(1::bigint, 9000::bigint) AS number");
        Assert.That((await cache.GetStatisticsAsync()).IsEstimate, Is.True);
        await Eventually.LoggedAsync(node, "cache_cleanup_executed");
        if (node.Services.GetRequiredService<IOptions<PostgresSolidCacheOptions>>().Value.Invalidation.Enabled)
        {
            await Eventually.LoggedAsync(node, "listener_ready");
        }

        Assert.That(node.Logs.GetSnapshot().Where(record => record.Exception is not null || record.Message.Contains("shadow", StringComparison.Ordinal)), Is.Empty);
    }

    private async Task UseTagsAndTransactionsAsync(ISolidCache cache)
    {
        SolidCacheEntryOptions options = new() { Tags = ["tag"], AllowStaleFor = TimeSpan.FromMinutes(1), RefreshBefore = 0.1, AbsoluteExpirationRelativeToNow = TimeSpan.FromHours(1) };
        await cache.SetAsync("tagged", [1], options);
        Assert.That(await cache.GetOrCreateAsync("made", static _ => ValueTask.FromResult("x"u8.ToArray()), options), Is.EqualTo("x"u8.ToArray()));
        Assert.That(await cache.GetOrCreateAsync("made", static _ => ValueTask.FromResult("y"u8.ToArray()), options), Is.EqualTo("x"u8.ToArray()));
        Assert.That(await cache.RemoveByTagAsync("tag"), Is.EqualTo(2));

        // The application's own, whose search_path is its own matter.
        await using var connection = new NpgsqlConnection(OfRole + NoTypes + ";Search Path=public");
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await cache.SetAsync("alone", [2], options, transaction);
        await cache.RemoveByTagAsync("tag", transaction);
        await cache.RemoveAsync("nothing", transaction);
        await transaction.CommitAsync();
        await cache.SetAsync("alone", [2], Window(1));
    }

    private async Task WriteLockedAsync(ISolidCache cache)
    {
        foreach (var write in (Func<Task>[])[() => cache.SetAsync("key:1", [1], Window(1)), () => cache.RemoveAsync("alone")])
        {
            await using var connection = await _database.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("SELECT key FROM public.solid_cache_entries FOR UPDATE", connection, transaction);
            await command.ExecuteNonQueryAsync();
            var waiting = write();
            await Eventually.TrueAsync(
                () => _database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query ~~ '/* solid_cache:%_free %'::text)"), "the locked row is asked for");
            await transaction.RollbackAsync();
            await waiting;
        }
    }

    /// <summary>What is sent where connections break, servers hang or writes are forbidden, as the library has it.</summary>
    private static async Task SendByHandAsync(NpgsqlDataSource source)
    {
        var entries = new EntryStatements(Names, 0.1, 1_000);
        var inTransactions = new TransactionStatements(Names);
        var invalidations = new InvalidationStatements(Names);
        (string Sql, NpgsqlParameter[] Parameters)[] statements =
        [
            (entries.RemoveStale, [Parameter.Texts(["1"]), Parameter.BigInts([long.MaxValue / 4])]),
            (entries.RemoveFree, [Parameter.Texts(["1"]), Parameter.BigInt(long.MaxValue / 4)]),
            (entries.Sets.Free, [.. Columns(), .. Conditions(), Parameter.BigInts([1]), Parameter.Texts(["{a}"]), Parameter.Bools([true])]),
            (entries.ReadAged, [Parameter.Texts(["1"])]),
            (entries.Sets.Special, [.. Columns(), .. Conditions(), Parameter.BigInts([1]), Parameter.Texts(["{a}"]), Parameter.Bools([true])]),
            (entries.Leases.Take, [Parameter.Texts(["leased"]), Parameter.BigInts([1]), Parameter.BigInts([1_000_000]), Parameter.BigInts([1]), Parameter.BigInts([1_000_000]), Parameter.Texts(["{a}"]), Parameter.Text("100")]),
            (entries.Leases.Renew, [Parameter.Texts(["leased"]), Parameter.BigInts([1]), Parameter.BigInts([1_000_000])]),
            (entries.Leases.Fill, [.. Columns(), .. Conditions(), Parameter.BigInts([1]), Parameter.Texts(["{a}"]), Parameter.Bools([true]), Parameter.BigInts([1])]),
            (inTransactions.Remove, [Parameter.Texts(["1"]), Parameter.Text(NoCache)]),
            (inTransactions.RemoveTags, [Parameter.Texts(["a"]), Parameter.Text(NoCache)]),
            (inTransactions.Set,
                [Parameter.Text("1"), Parameter.Text(NoCache), Parameter.Bytes(), Parameter.BigInt(1), Parameter.BigInt(1), Parameter.BigInt(1), Parameter.Text("{a}"), Parameter.Bool(true)]),
            (new SweepStatements(Names).RecordSlice, [Parameter.Text("nobody"), Parameter.BigInt(1), Parameter.BigInt(1), Parameter.BigInt(1), Parameter.BigInt(1)]),
            (new SweepStatements(Names).Release, [Parameter.Text("nobody")]),
            (new SweepStatements(Names).HasState, []),
            (new SweepStatements(Names).Holds, [Parameter.Text("nobody")]),
            (BackendEnd.EndIfSame, [Parameter.BigInt(0), Parameter.BigInt(0)]),
            (BackendEnd.CancelIfHanging, [Parameter.BigInt(0), Parameter.BigInt(0)]),
            (ConnectionSource.IsReadOnlyFromItsBeginning, []),
            (SchemaMigrator.Pause, []),
            (LaneStatement.PlanAnew, []),
            (invalidations.Look, [Parameter.Text("10:20:15")]),
            (invalidations.BeginEpoch, []),
            (invalidations.Announce, [Parameter.Text("solid_cache_test")]),
            (invalidations.Mark, []),
            (invalidations.Prune, []),
            (invalidations.Publish, [Parameter.Texts(["channel"]), Parameter.BytesOfMany([new byte[] { 1 }])]),
            (invalidations.PublishEverything, []),
            (SideCalls.ReadProbe, []),
            (SideCalls.WriteProbe, []),
            (SchemaHolders.OfLock(Names), []),
            (SchemaHolders.OfTables(Names), []),
            (SchemaScript.TypesInTheWay(Names), []),
        ];
        foreach (var (sql, parameters) in statements)
        {
            await using var command = source.CreateCommand(sql);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync();
        }
    }

    private static NpgsqlParameter[] Columns() =>
        [Parameter.Texts(["leased"]), Parameter.BigInts([1_000_000]), Parameter.BigInts([1_000_000]), Parameter.BytesOfMany([new byte[] { 1 }])];

    private static NpgsqlParameter[] Conditions() => [Parameter.BigInt(long.MaxValue / 4), Parameter.Bool(false), Parameter.Text("100"), Parameter.BigInt(long.MaxValue / 4)];

    private async Task UseToolAsync(string connectionString, string table)
    {
        foreach (var arguments in (string[])
            ["migrate", "verify", "verify --benchmark --iterations 10", "stats", "cleanup", "get 1", "get none", "rm 2", "rm none", "rm --prefix 3 --yes", "rm --pattern 4% --yes"])
        {
            var run = await ToolRun.OfAsync([.. arguments.Split(' '), "--table", table, "--connection-string", connectionString]);
            Assert.That(run.ExitCode, Is.LessThanOrEqualTo(1), run.Error);
            Assert.That(await _shadows.CalledAsync(), Is.Null, arguments);
        }
    }

    private async Task LeadsNowhereAsync(string statement, NpgsqlDbType[] types)
    {
        await using var connection = new NpgsqlConnection(OfRole + NoTypes);
        await connection.OpenAsync();
        // Rolled back, or the function would be in the way of who drops the tables.
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = connection.CreateCommand();
        var function = $"CREATE FUNCTION pg_temp.made_of_it({string.Join(", ", types.Select(NameOf))}) RETURNS void LANGUAGE sql BEGIN ATOMIC {statement}; END";
        // As text, in which Npgsql looks for no end of a statement.
        command.CommandText = $"DO {SqlNames.Literal($"BEGIN EXECUTE {SqlNames.Literal(function)}; END")}";
        await command.ExecuteNonQueryAsync();
        command.CommandText =
            """
            SELECT pg_catalog.string_agg(pg_catalog.pg_describe_object(refclassid, refobjid, refobjsubid), ', '::text)
            FROM pg_catalog.pg_depend
            WHERE objid = 'pg_temp.made_of_it'::regproc::oid
              AND classid = 'pg_catalog.pg_proc'::regclass::oid
              AND refclassid <> 'pg_catalog.pg_class'::regclass::oid
              AND refclassid <> 'pg_catalog.pg_namespace'::regclass::oid
              AND refclassid <> 'pg_catalog.pg_language'::regclass::oid
              AND refobjid IS DISTINCT FROM 'public.solid_cache_is_fresh'::regproc::oid
              AND refobjid IS DISTINCT FROM 'public.solid_cache_count'::regtype::oid
            """;
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(DBNull.Value), statement);
    }

    /// <summary>No function can be made of it: the migrations, which run under the shadows as they are.</summary>
    private static bool IsUtility(string statement) => statement.StartsWith("DO ", StringComparison.Ordinal) || statement.StartsWith("SET ", StringComparison.Ordinal) || statement == LaneStatement.PlanAnew || statement.Contains("LISTEN ", StringComparison.Ordinal)
        || StatementNames.Of(statement) == "schema_log_changes";

    private static string NameOf(NpgsqlDbType type) => (type & ~NpgsqlDbType.Array) + (type.HasFlag(NpgsqlDbType.Array) ? "[]" : "");

    private static DistributedCacheEntryOptions Window(int number) => new()
    {
        SlidingExpiration = TimeSpan.FromMinutes(1),
        AbsoluteExpirationRelativeToNow = number % 2 == 0 ? TimeSpan.FromHours(1) : null,
    };

    private Task PassHalfAMinuteAsync() => _database.ExecuteAsync("UPDATE public.solid_cache_entries SET expires_at = expires_at - interval '30 seconds'");
}
