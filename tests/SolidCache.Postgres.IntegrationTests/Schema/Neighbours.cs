using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>Other roles of the database, who may create in the schema, lock what they like, and were there first; and other caches of the application.</summary>
public sealed class Neighbours
{
    private const string CountingTrigger =
        """
        CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER counts AFTER INSERT ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION count_it();
        """;

    private readonly string _application = $"application_{Guid.NewGuid():N}";
    private readonly string _neighbour = $"neighbour_{Guid.NewGuid():N}";
    private TestDatabase _database = null!;

    [SetUp]
    public async Task CreateRolesAsync()
    {
        _database = await TestDatabase.CreateAsync();
        await _database.ExecuteAsync(
            $"""
            CREATE ROLE {_application} LOGIN PASSWORD 'secret';
            CREATE ROLE {_neighbour} LOGIN PASSWORD 'secret';
            GRANT CREATE, USAGE ON SCHEMA public TO {_application}, {_neighbour};
            """);
    }

    [TearDown]
    public async Task DropRolesAsync()
    {
        await _database.ExecuteAsync($"DROP OWNED BY {_application}, {_neighbour} CASCADE; DROP ROLE {_application}; DROP ROLE {_neighbour}");
        await _database.DisposeAsync();
    }

    [Test]
    public async Task Tables_that_a_neighbour_made_before_the_first_start_are_refused()
    {
        await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript());
        await AsNeighbourAsync($"GRANT ALL ON ALL TABLES IN SCHEMA public TO {_application}; {CountingTrigger}");
        await using var node = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(
            () => node.StartAsync(),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains($"belongs to the role {_neighbour}, which this role is no member of").And.Message.Contains("CreateSchemaIfNotExists"));
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", OfApplication)).Error, Does.Contain(_neighbour));

        await using var trusting = await CacheHost.StartAsync(OfApplication, options => options.CreateSchemaIfNotExists = false);
        await trusting.Cache.SetAsync("key", [1], new());
    }

    [Test]
    public async Task A_function_that_a_neighbour_made_before_the_first_start_is_refused()
    {
        await AsNeighbourAsync(
            "CREATE FUNCTION cleanup_expired_cache(maximum bigint DEFAULT NULL) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint -- \"public\".\"solid_cache_entries\"'");
        await using var node = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(
            () => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("cleanup_expired_cache(maximum bigint) RETURNS bigint is a routine that this library did not make"));
        Assert.That(await _database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NULL"), Is.True);
    }

    /// <summary>Who makes the schema for others is often a superuser, who would hand them a neighbour's tables.</summary>
    [TestCase("{script}")]
    [TestCase("CREATE TABLE solid_cache_state (singleton boolean PRIMARY KEY, schema_version integer NOT NULL, minimum_library_version integer NOT NULL)")]
    [TestCase("CREATE FUNCTION solid_cache_log_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END -- \"public\".\"solid_cache_entries\"'")]
    public async Task Neither_does_a_superuser_adopt_what_a_neighbour_made(string made)
    {
        await AsNeighbourAsync(made.Replace("{script}", PostgresSolidCacheSchema.GetScript(), StringComparison.Ordinal));

        await RefusesSuperusersAsync();
    }

    /// <summary>An event trigger stands for a neighbour who is quick: the functions and tables are looked at before, and replaced some milliseconds later.</summary>
    [TestCase("FUNCTION", "solid_cache_forget(table_name regclass, template text) RETURNS boolean LANGUAGE sql AS ''SELECT true''")]
    [TestCase("TABLE", "solid_cache_tag_removals (tag text COLLATE \"C\", removed_by xid8 DEFAULT pg_current_xact_id(), swept_at timestamptz, PRIMARY KEY (tag, removed_by))")]
    public async Task Nor_what_a_neighbour_makes_in_the_midst_of_it(string kind, string definition)
    {
        await _database.ExecuteAsync(
            $"""
            CREATE FUNCTION plant() RETURNS event_trigger LANGUAGE plpgsql AS $plant$
            BEGIN
              IF to_regclass('public.solid_cache_entries') IS NOT NULL AND to_regclass('public.planted') IS NULL THEN
                CREATE TABLE public.planted ();
                EXECUTE 'CREATE {kind} public.{definition}';
                ALTER {kind} public.{definition.Split('(', ' ')[0]} OWNER TO {_neighbour};
              END IF;
            END
            $plant$;
            CREATE EVENT TRIGGER plants ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION plant();
            """);

        await RefusesSuperusersAsync();
    }

    /// <summary>Functions of a superuser's that run with his rights, on tables in whose place their owner may put what he likes, would make a superuser of him.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task What_a_superuser_adds_to_the_tables_of_another_belongs_to_that_one(bool byScript)
    {
        await _database.ExecuteAsync($"ALTER SCHEMA public OWNER TO {_application}");
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync("DROP FUNCTION solid_cache_log_change(), solid_cache_is_fresh(text[], pg_snapshot, solid_cache_count); DROP TABLE solid_cache_invalidations");
        if (byScript)
        {
            await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        }
        else
        {
            Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString)).ExitCode, Is.Zero);
        }

        Assert.That(
            await _database.ScalarAsync<string>(
                $"""
                SELECT coalesce(string_agg(name, ', '), '')
                FROM (
                  SELECT relname, relowner FROM pg_class WHERE relnamespace = 'public'::regnamespace
                  UNION ALL
                  SELECT proname, proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                ) AS made (name, owner)
                WHERE owner <> '{_application}'::regrole
                """),
            Is.Empty);
        await using var node = await CacheHost.StartAsync(OfApplication, options => options.Invalidation.Enabled = true);
        await node.Cache.SetAsync("key", [1], new());
        await node.Cache.RemoveAsync("key");
    }

    /// <summary>A superuser may use everybody's tables, and would run with all rights what their owner has put on them.</summary>
    [TestCase("ALTER TABLE solid_cache_state ADD CHECK (is_mine('')); ALTER TABLE solid_cache_state ALTER last_sweep_deleted SET DEFAULT 7")]
    [TestCase("ALTER TABLE solid_cache_entries ADD mine boolean DEFAULT is_mine('')")]
    [TestCase("ALTER TABLE solid_cache_tag_removals ADD mine boolean GENERATED ALWAYS AS (is_mine(tag)) STORED")]
    [TestCase("CREATE INDEX ON solid_cache_entries (is_mine(key))")]
    [TestCase("CREATE INDEX ON solid_cache_invalidations (transaction) WHERE is_mine(channel)")]
    [TestCase("CREATE OPERATOR @~@ (FUNCTION = is_mine, RIGHTARG = text); ALTER TABLE solid_cache_entries ADD CHECK (@~@ key)")]
    [TestCase("CREATE DOMAIN flag AS boolean CHECK (is_mine('')); ALTER TABLE solid_cache_entries ADD mine flag DEFAULT true")]
    [TestCase("ALTER FUNCTION solid_cache_is_fresh SECURITY INVOKER")]
    public async Task A_superuser_who_uses_a_neighbours_tables_runs_none_of_his_functions(string planted)
    {
        await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript());
        await AsNeighbourAsync($"CREATE FUNCTION is_mine(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END'; {planted}");

        foreach (var command in (string[])["stats", "get key", "verify", "cleanup"])
        {
            Assert.That((await ToolRun.OfAsync([.. command.Split(' '), "--connection-string", _database.ConnectionString])).Error, Does.Contain(_neighbour), command);
        }

        await using var own = await CacheHost.StartAsync(_database.ConnectionStringOf(_neighbour, "secret") + ";Pooling=false");
        await own.Cache.SetAsync("key", [1], new());
    }

    /// <summary>It runs with the rights of the cache's owner: a column of a table of somebody else's could have a type of his, whose cast is his function.</summary>
    [Test]
    public async Task Nobody_else_makes_a_trigger_of_the_one_that_logs_changes_and_on_another_table_it_does_nothing()
    {
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync($"GRANT ALL ON solid_cache_entries TO {_neighbour}");
        await AsNeighbourAsync(
            """
            CREATE TYPE moment AS ENUM ('now');
            CREATE FUNCTION to_timestamptz(moment) RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''hijacked as %'', current_user; END';
            CREATE CAST (moment AS timestamptz) WITH FUNCTION to_timestamptz(moment) AS IMPLICIT;
            CREATE TABLE theirs (key text, created_at moment, expires_at moment);
            INSERT INTO theirs VALUES ('key', 'now', 'now');
            """);
        const string OnTheirs = "CREATE TRIGGER logs AFTER UPDATE ON theirs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION solid_cache_log_change()";
        string[] all = [OnTheirs, "CREATE TRIGGER logs AFTER UPDATE ON solid_cache_entries FOR EACH STATEMENT EXECUTE FUNCTION solid_cache_log_change()"];
        foreach (var trigger in all)
        {
            await Assert.ThatAsync(() => AsNeighbourAsync(trigger), Throws.TypeOf<PostgresException>().With.Message.Contains("permission denied for function solid_cache_log_change"));
        }

        await _database.ExecuteAsync($"GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {_neighbour}");
        await AsNeighbourAsync(OnTheirs);
        await Assert.ThatAsync(() => AsNeighbourAsync("UPDATE theirs SET key = 'forged'"), Throws.TypeOf<PostgresException>().With.Message.Contains("of no other table"));
    }

    [Test]
    public async Task Names_of_indexes_that_a_neighbour_has_taken_keep_nobody_from_the_log_of_changes()
    {
        await AsNeighbourAsync(string.Concat(((string[])["entries_epoch_idx", "entries_log_idx", "invalidations_transaction_idx", "entries_pkey"]).Select(static name => $"CREATE TABLE solid_cache_{name} (); ")));
        await using var node = await CacheHost.StartAsync(OfApplication, options => options.Invalidation.Enabled = true);

        await Eventually.LoggedAsync(node, "invalidations_read");
    }

    [Test]
    public async Task A_trigger_of_the_owner_stays_and_one_with_a_neighbours_function_is_refused()
    {
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await PostgresServer.ExecuteAsync(OfApplication, CountingTrigger);
        await using (var node = await CacheHost.StartAsync(OfApplication))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await _database.ExecuteAsync($"ALTER FUNCTION count_it() OWNER TO {_neighbour}");
        await using var refused = CacheHost.Build(OfApplication);
        await Assert.ThatAsync(
            () => refused.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains($"the trigger counts with a function of {_neighbour}"));
    }

    [Test]
    public async Task Tables_of_a_superuser_or_of_a_role_that_this_one_is_a_member_of_are_accepted()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {_application}");
        await using (var node = await CacheHost.StartAsync(OfApplication))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript(tableName: "group_cache"));
        await _database.ExecuteAsync($"GRANT {_neighbour} TO {_application}");
        await using var member = await CacheHost.StartAsync(OfApplication, options => options.TableName = "group_cache");
        await member.Cache.SetAsync("key", [1], new());
    }

    [Test]
    public async Task Row_level_security_is_named_and_no_grant_is_advised()
    {
        await _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await _database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {_application}");
        await using var running = await CacheHost.StartAsync(OfApplication);
        await running.Cache.SetAsync("key", [1], new());
        await _database.ExecuteAsync("ALTER TABLE solid_cache_entries ENABLE ROW LEVEL SECURITY");
        await using var starting = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(
            () => starting.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("DISABLE ROW LEVEL SECURITY").And.Message.Not.Contains("GRANT"));
        await Assert.ThatAsync(
            () => running.Cache.SetAsync("other", [1], new()),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains("DISABLE ROW LEVEL SECURITY").And.Message.Not.Contains("GRANT"));
    }

    [Test]
    public async Task A_role_that_holds_the_lock_of_the_migration_is_named_and_nobody_waits_for_ever()
    {
        var other = new NpgsqlConnectionStringBuilder(_database.ConnectionStringOf(_neighbour, "secret")) { ApplicationName = "in the way", Pooling = false };
        await using var connection = new NpgsqlConnection(other.ConnectionString);
        await connection.OpenAsync();
        await using (var command = new NpgsqlCommand("SELECT pg_advisory_lock(hashtextextended('solid_cache:\"public\"', 0))", connection))
        {
            await command.ExecuteNonQueryAsync();
        }

        await using var node = await CacheHost.StartAsync(OfApplication, options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        await Eventually.LoggedAsync(node, "schema_unchecked");
        Assert.That(
            node.Logs.GetSnapshot().Select(record => record.Message),
            Has.Some.Contains($"pid {connection.ProcessID} (role {_neighbour}, application_name 'in the way')").And.Contains("pg_terminate_backend"));

        var script = PostgresSolidCacheSchema.GetScript().Replace("'1min'", "'100ms'", StringComparison.Ordinal);
        await Assert.ThatAsync(
            () => PostgresServer.ExecuteAsync(OfApplication, script),
            Throws.TypeOf<PostgresException>().With.Message.Contains($"held by pid {connection.ProcessID} (role {_neighbour}, application_name 'in the way')"));

        await connection.CloseAsync();
        await Eventually.TrueAsync(() => _database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NOT NULL"), "the schema is made once the lock is free");
    }

    [TestCase("LATIN1")]
    [TestCase("SQL_ASCII")]
    public async Task Nothing_is_made_in_a_database_of_another_encoding(string encoding)
    {
        var name = $"encoded_{Guid.NewGuid():N}";
        await PostgresServer.ExecuteAsync(
            PostgresServer.ConnectionString, $"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C'");
        var connectionString = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = name }.ConnectionString;
        await using (var node = CacheHost.Build(connectionString))
        {
            await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains($"encoded in {encoding}").And.Message.Contains("ENCODING 'UTF8'"));
        }

        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", connectionString)).Error, Does.Contain(encoding));
        Assert.That(await PostgresServer.ScalarAsync<bool>(connectionString, "SELECT to_regclass('solid_cache_entries') IS NULL AND to_regclass('solid_cache_state') IS NULL"), Is.True);
        await PostgresServer.DropDatabaseAsync(connectionString);
    }

    [Test]
    public async Task Two_caches_of_an_application_on_one_table_need_prefixes_of_their_own()
    {
        var sameOtherwise = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "another way to write it" }.ConnectionString;
        await using (var node = CacheHost.Build(
            _database.ConnectionString, configureServices: services => services.AddKeyedPostgresSolidCache("sessions", options => options.ConnectionString = sameOtherwise)))
        {
            await Assert.ThatAsync(
                () => node.StartAsync(),
                Throws.TypeOf<SolidCacheException>().With.Message.Contains("'sessions'").And.Message.Contains("would overwrite each other's entries").And.Message.Contains("KeyPrefix"));
        }

        await using var apart = await CacheHost.StartAsync(
            _database.ConnectionString,
            configureServices: services => services.AddKeyedPostgresSolidCache("sessions", options => (options.ConnectionString, options.KeyPrefix) = (sameOtherwise, "sessions")));
        await apart.Cache.SetAsync("key", [1], new());
        Assert.That(await apart.Services.GetRequiredKeyedService<ISolidCache>("sessions").GetAsync("key"), Is.Null);
    }

    [Test]
    public async Task Two_applications_on_one_table_without_prefixes_are_told_and_the_next_version_of_one_is_not()
    {
        await using var shop = await CacheHost.StartAsync(_database.ConnectionString, application: "Shop");
        await using var nextVersion = await CacheHost.StartAsync(_database.ConnectionString, application: "Shop");
        await using var apart = await CacheHost.StartAsync(_database.ConnectionString, options => options.KeyPrefix = "crm", application: "Crm");
        await using var crm = await CacheHost.StartAsync(_database.ConnectionString, application: "Crm");

        await Eventually.LoggedAsync(crm, "table_shared");
        Assert.That(
            crm.Logs.GetSnapshot().Single(static record => record.Id.Name == "table_shared").Message,
            Does.StartWith("The application Crm uses the table of the cache public.solid_cache_entries without a key prefix, as Shop did before.").And.Contain("give each a KeyPrefix or a TableName"));
        Assert.That(
            ((CacheHost[])[shop, nextVersion, apart]).SelectMany(static node => node.Logs.GetSnapshot()).Select(static record => record.Id.Name), Has.None.EqualTo("table_shared"));
    }

    [Test]
    public async Task Whose_table_it_is_keeps_nobody_from_it()
    {
        await using (await CacheHost.StartAsync(_database.ConnectionString, application: "Shop"))
        {
        }

        await _database.ExecuteAsync($"GRANT SELECT ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {_application}");
        await using var connection = await _database.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locking = new NpgsqlCommand("SELECT FROM solid_cache_state FOR UPDATE", connection);
        await locking.ExecuteNonQueryAsync();

        await using var writer = await CacheHost.StartAsync(_database.ConnectionString, application: "Crm");
        await using var reader = await CacheHost.StartAsync(OfApplication, options => options.CreateSchemaIfNotExists = false, application: "Reports");
        await writer.Cache.SetAsync("key", [1], new());
        Assert.That(await reader.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
    }

    private async Task RefusesSuperusersAsync()
    {
        await using var node = CacheHost.Build(_database.ConnectionString);
        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains($"belongs to the role {_neighbour}"));
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", _database.ConnectionString)).Error, Does.Contain($"belongs to the role {_neighbour}"));
        await Assert.ThatAsync(
            () => _database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains($"belongs to the role {_neighbour}"));
    }

    private string OfApplication => _database.ConnectionStringOf(_application, "secret") + ";Pooling=false";

    private Task AsNeighbourAsync(string sql) => PostgresServer.ExecuteAsync(_database.ConnectionStringOf(_neighbour, "secret") + ";Pooling=false", sql);
}
