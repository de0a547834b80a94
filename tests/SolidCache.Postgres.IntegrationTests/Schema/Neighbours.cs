using Npgsql;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>Other roles of the database, who may create in the schema, lock what they like, and were there first.</summary>
public sealed class Neighbours : NeighbourFixture
{
    private const string CountingTrigger =
        """
        CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER counts AFTER INSERT ON solid_cache_entries FOR EACH ROW EXECUTE FUNCTION count_it();
        """;

    [Test]
    public async Task Tables_that_a_neighbour_made_before_the_first_start_are_refused()
    {
        await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript());
        await AsNeighbourAsync($"GRANT ALL ON ALL TABLES IN SCHEMA public TO {Application}; {CountingTrigger}");
        await using var node = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(
            () => node.StartAsync(),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains($"belongs to the role {Neighbour}, which this role is no member of").And.Message.Contains("CreateSchemaIfNotExists"));
        Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", OfApplication)).Error, Does.Contain(Neighbour));

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
        Assert.That(await Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NULL"), Is.True);
    }

    /// <summary>Also where it is one that was not finished, which would be made anew.</summary>
    [TestCase("CREATE TABLE solid_cache_entries_tags_idx ()")]
    [TestCase("CREATE TABLE theirs (number int); CREATE INDEX solid_cache_entries_tags_idx ON theirs (number)")]
    public async Task The_name_of_the_index_of_tags_that_a_neighbour_has_taken_keeps_nobody_from_one(string taken)
    {
        const string Indexes = "SELECT count(*) FROM pg_index WHERE indrelid = 'solid_cache_entries'::regclass AND indisvalid AND pg_get_indexdef(indexrelid) LIKE '%gin (tags)%'";
        await AsNeighbourAsync(taken);
        await Database.ExecuteAsync("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass('solid_cache_entries_tags_idx')");
        await using var node = await CacheHost.StartAsync(OfApplication);
        Assert.That(await Database.ScalarAsync<long>(Indexes), Is.EqualTo(1));

        await PostgresServer.ExecuteAsync(OfApplication, "DO $$ BEGIN EXECUTE (SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index WHERE indrelid = 'solid_cache_entries'::regclass AND NOT indisprimary); END $$");
        for (var round = 0; round < 2; round++)
        {
            Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", OfApplication)).ExitCode, Is.Zero);
            Assert.That(await Database.ScalarAsync<long>(Indexes), Is.EqualTo(1));
        }
    }

    /// <summary>As administrators often give what is made later to an application: with rights on the tables that nobody needs, and who has them could become a superuser by.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Default_privileges_give_no_more_than_a_cache_needs(bool byScript)
    {
        await Database.ExecuteAsync($"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO {Application}, PUBLIC");
        if (byScript)
        {
            await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        }
        else
        {
            Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", Database.ConnectionString)).ExitCode, Is.Zero);
        }

        Assert.That(
            await Database.ScalarAsync<string>(
                "SELECT string_agg(DISTINCT privilege_type, ' ' ORDER BY privilege_type) FROM pg_class, aclexplode(relacl) WHERE relname IN ('solid_cache_entries', 'solid_cache_state', 'solid_cache_tag_removals', 'solid_cache_invalidations') AND grantee <> relowner"),
            Does.Contain("INSERT").And.Contain("UPDATE").And.Not.Contain("TRIGGER").And.Not.Contain("REFERENCES"));
        await using var superuser = await CacheHost.StartAsync(Database.ConnectionString);
        await superuser.Cache.SetAsync("key", [1], new());
        await using var application = await CacheHost.StartAsync(OfApplication);
        Assert.That(await application.Cache.GetAsync("key"), Is.EqualTo((byte[])[1]));
    }

    [Test]
    public async Task Nobody_works_with_a_type_of_counts_that_a_neighbour_owns()
    {
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync(
            $"""
            GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {Application};
            ALTER DOMAIN solid_cache_count OWNER TO {Neighbour};
            """);
        var refusal = $"belongs to the role {Neighbour}";

        foreach (var connectionString in (string[])[Database.ConnectionString, OfApplication])
        {
            foreach (var command in (string[])["stats", "get key", "cleanup", "migrate"])
            {
                Assert.That((await ToolRun.OfAsync([.. command.Split(' '), "--connection-string", connectionString])).Error, Does.Contain(refusal), command);
            }
        }

        await Assert.ThatAsync(() => Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains(refusal));
    }

    /// <summary>Functions that run with the rights of who made them, on tables in whose place their owner may put what he likes, would do for that one what their maker may.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task What_a_member_adds_to_the_tables_of_another_belongs_to_that_one(bool byScript)
    {
        await Database.ExecuteAsync($"ALTER SCHEMA public OWNER TO {Application}; GRANT {Application} TO {Neighbour}");
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync("DROP FUNCTION solid_cache_log_change(), solid_cache_is_fresh(text[], pg_snapshot, solid_cache_count); DROP TABLE solid_cache_invalidations");
        if (byScript)
        {
            await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript());
        }
        else
        {
            Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", Database.ConnectionStringOf(Neighbour, "secret"))).ExitCode, Is.Zero);
        }

        Assert.That(
            await Database.ScalarAsync<string>(
                $"""
                SELECT coalesce(string_agg(name, ', '), '')
                FROM (
                  SELECT relname, relowner FROM pg_class WHERE relnamespace = 'public'::regnamespace
                  UNION ALL
                  SELECT proname, proowner FROM pg_proc WHERE pronamespace = 'public'::regnamespace
                ) AS made (name, owner)
                WHERE owner <> '{Application}'::regrole
                """),
            Is.Empty);
        await using var node = await CacheHost.StartAsync(OfApplication, options => options.Invalidation.Enabled = true);
        await node.Cache.SetAsync("key", [1], new());
        await node.Cache.RemoveAsync("key");
    }

    /// <summary>Whoever put it there: it runs with the rights of who works with the tables.</summary>
    [TestCase("ALTER TABLE solid_cache_state ADD CHECK (is_his(''))", "is_his")]
    [TestCase("ALTER TABLE solid_cache_entries ADD more boolean DEFAULT is_his('')", "is_his")]
    [TestCase("ALTER TABLE solid_cache_tag_removals ADD more boolean GENERATED ALWAYS AS (is_his(tag)) STORED", "is_his")]
    [TestCase("CREATE INDEX ON solid_cache_entries (is_his(key))", "is_his")]
    [TestCase("CREATE INDEX ON solid_cache_invalidations (transaction) WHERE is_his(channel)", "is_his")]
    [TestCase("ALTER TABLE solid_cache_entries ADD CHECK (@~@ key)", "operator")]
    [TestCase("ALTER TABLE solid_cache_entries ADD more flag DEFAULT true", "flag")]
    [TestCase("CREATE TRIGGER more BEFORE UPDATE ON solid_cache_entries FOR EACH ROW WHEN (is_his('')) EXECUTE FUNCTION suppress_redundant_updates_trigger()", "is_his")]
    [TestCase("CREATE TRIGGER more BEFORE UPDATE ON solid_cache_state FOR EACH ROW EXECUTE FUNCTION fired()", "the trigger more")]
    [TestCase("CREATE TRIGGER more AFTER INSERT ON solid_cache_tag_removals EXECUTE FUNCTION solid_cache_changed('key', '', 'fail', 'SELECT is_his(NULL)')", "the trigger more")]
    [TestCase("CREATE TRIGGER more AFTER INSERT ON solid_cache_entries EXECUTE FUNCTION of_other_changed('key', '', 'fail', 'SELECT is_his(NULL)')", "the trigger more")]
    [TestCase("CREATE TABLE notes (key text COLLATE \"C\" REFERENCES solid_cache_entries ON DELETE CASCADE); ALTER TABLE notes OWNER TO {neighbour}", "the foreign key")]
    [TestCase("CREATE TABLE more () INHERITS (solid_cache_state)", "the child table more")]
    [TestCase("CREATE RULE more AS ON DELETE TO solid_cache_state DO ALSO SELECT is_his('')", "the rule more")]
    public async Task What_would_run_something_of_a_neighbours_is_refused(string planted, string what)
    {
        await AsNeighbourAsync(
            """
            CREATE FUNCTION is_his(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN true; END';
            CREATE OPERATOR @~@ (FUNCTION = is_his, RIGHTARG = text);
            CREATE DOMAIN flag AS boolean CHECK (is_his(''));
            CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END';
            """);
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript(tableName: "of_other"));
        await Database.ExecuteAsync($"{planted.Replace("{neighbour}", Neighbour, StringComparison.Ordinal)}; UPDATE solid_cache_state SET schema_version = 5");
        await using var node = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("did not make and does not work with").And.Message.Contains(what));
        await Assert.ThatAsync(
            () => PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript()),
            Throws.TypeOf<PostgresException>().With.Message.Contains("did not make and does not work with").And.Message.Contains(what));
        foreach (var command in (string[])["migrate", "stats", "verify", "cleanup"])
        {
            Assert.That((await ToolRun.OfAsync(command, "--connection-string", OfApplication)).Error, Does.Contain(what), command);
        }
    }

    /// <summary>Tables have a type of their name.</summary>
    [Test]
    public async Task A_type_that_a_neighbour_has_made_under_the_name_of_a_table_is_named()
    {
        await AsNeighbourAsync("CREATE TYPE solid_cache_state AS ENUM ()");
        await using var node = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains($"The type solid_cache_state, which belongs to the role {Neighbour}"));
    }

    /// <summary>What logs the changes does so with the rights of who makes them: nothing that he puts on a table runs with those of the cache's owner.</summary>
    [Test]
    public async Task Who_may_not_write_to_the_log_changes_nothing_that_it_would_miss()
    {
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync($"SELECT solid_cache_log_changes(true); INSERT INTO solid_cache_entries (expires_at, key, value) VALUES ('infinity', 'key', ''); GRANT SELECT, UPDATE, DELETE ON solid_cache_entries TO {Neighbour}");
        const string Types =
            """
            CREATE TYPE pg_temp.text AS (nothing int);
            CREATE FUNCTION pg_temp.none(pg_catalog.text[]) RETURNS pg_temp.text[] LANGUAGE sql AS 'SELECT ''{}''::pg_temp.text[]';
            CREATE CAST (pg_catalog.text[] AS pg_temp.text[]) WITH FUNCTION pg_temp.none(pg_catalog.text[]) AS ASSIGNMENT;
            """;
        foreach (var change in (string[])["UPDATE solid_cache_entries SET created_at = now()", "DELETE FROM solid_cache_entries", Types + "DELETE FROM public.solid_cache_entries"])
        {
            await Assert.ThatAsync(() => AsNeighbourAsync(change), Throws.TypeOf<PostgresException>().With.Message.Contains("permission denied for table solid_cache_invalidations"), change);
        }

        await Database.ExecuteAsync($"GRANT INSERT ON solid_cache_invalidations TO {Neighbour}; GRANT CREATE ON SCHEMA public TO {Neighbour}");
        await AsNeighbourAsync("CREATE TABLE theirs (key text); CREATE TRIGGER logs AFTER INSERT ON theirs REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION solid_cache_log_change()");
        await Assert.ThatAsync(() => AsNeighbourAsync("INSERT INTO theirs VALUES ('forged')"), Throws.TypeOf<PostgresException>().With.Message.Contains("of no other table"));
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

        await Database.ExecuteAsync($"ALTER FUNCTION count_it() OWNER TO {Neighbour}");
        await using var refused = CacheHost.Build(OfApplication);
        await Assert.ThatAsync(
            () => refused.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains($"the trigger counts with a function of {Neighbour}"));
    }

    [Test]
    public async Task Row_level_security_is_named_and_no_grant_is_advised()
    {
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {Application}");
        await using var running = await CacheHost.StartAsync(OfApplication);
        await running.Cache.SetAsync("key", [1], new());
        await Database.ExecuteAsync("ALTER TABLE solid_cache_entries ENABLE ROW LEVEL SECURITY");
        await using var starting = CacheHost.Build(OfApplication);

        await Assert.ThatAsync(
            () => starting.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains("DISABLE ROW LEVEL SECURITY").And.Message.Not.Contains("GRANT"));
        await Assert.ThatAsync(
            () => running.Cache.SetAsync("other", [1], new()),
            Throws.TypeOf<SolidCacheException>().With.Message.Contains("DISABLE ROW LEVEL SECURITY").And.Message.Not.Contains("GRANT"));
    }

    [Test]
    public async Task A_search_path_that_finds_others_before_PostgreSQLs_own_is_followed_by_neither_script_nor_tool()
    {
        var name = new NpgsqlConnectionStringBuilder(Database.ConnectionString).Database;
        await Database.ExecuteAsync(
            $"""
            CREATE SCHEMA shadows;
            CREATE FUNCTION shadows.called(name, name) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
            CREATE FUNCTION shadows.called(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
            CREATE OPERATOR shadows.= (LEFTARG = name, RIGHTARG = name, FUNCTION = shadows.called);
            CREATE OPERATOR shadows.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = shadows.called);
            CREATE FUNCTION shadows.called(anyelement) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'called'; END $$;
            CREATE DOMAIN shadows.oid AS pg_catalog.oid CHECK (shadows.called(VALUE));
            CREATE DOMAIN shadows.text AS pg_catalog.text CHECK (shadows.called(VALUE));
            CREATE DOMAIN shadows.name AS pg_catalog.name CHECK (shadows.called(VALUE));
            ALTER DATABASE "{name}" SET search_path = shadows, pg_catalog, public;
            """);
        try
        {
            // Npgsql's own question for types would follow it.
            var builder = new NpgsqlDataSourceBuilder(Database.ConnectionString);
            builder.ConfigureTypeLoading(static types => types.EnableTypeLoading(false));
            await using var plain = builder.Build();
            await using (var script = plain.CreateCommand(PostgresSolidCacheSchema.GetScript()))
            {
                await script.ExecuteNonQueryAsync();
            }

            await Database.ExecuteAsync("DROP INDEX solid_cache_entries_tags_idx");
            Assert.That((await ToolRun.OfAsync("migrate", "--connection-string", Database.ConnectionString)).ExitCode, Is.Zero);
            Assert.That(await Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries_tags_idx') IS NOT NULL"), Is.True);
        }
        finally
        {
            await Database.ExecuteAsync($"ALTER DATABASE \"{name}\" RESET search_path");
        }
    }

    [Test]
    public async Task A_role_that_holds_the_lock_of_the_migration_is_named_and_nobody_waits_for_ever()
    {
        await using var connection = await AsNeighbourInTheWayAsync(
            "CREATE FUNCTION public.format(text, bigint, text, text) RETURNS text LANGUAGE sql AS $$ SELECT 'somebody' $$; SELECT pg_advisory_lock(hashtextextended('solid_cache:\"public\"', 0))");

        await using var node = await CacheHost.StartAsync(OfApplication, options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        await IsNamedAsync(node, connection);

        var script = PostgresSolidCacheSchema.GetScript().Replace("'1min'", "'100ms'", StringComparison.Ordinal);
        await Assert.ThatAsync(
            () => PostgresServer.ExecuteAsync(OfApplication, script),
            Throws.TypeOf<PostgresException>().With.Message.Contains($"held by pid {connection.ProcessID} (role {Neighbour}, application_name 'in the way')"));

        await connection.CloseAsync();
        await Eventually.TrueAsync(() => Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NOT NULL"), "the schema is made once the lock is free");
    }

    /// <summary>The first try may have ended before it knew, when the host's start had waited for long enough.</summary>
    private Task IsNamedAsync(CacheHost node, NpgsqlConnection connection) => Eventually.TrueAsync(
        () => node.Logs.GetSnapshot().Any(record => record.Message.Contains($"pid {connection.ProcessID} (role {Neighbour}, application_name 'in the way')", StringComparison.Ordinal)
            && record.Message.Contains("pg_terminate_backend", StringComparison.Ordinal)),
        "it is told who holds it up");

    /// <summary>The same number in two halves is another lock.</summary>
    [Test]
    public async Task Nobody_is_named_for_a_lock_that_looks_like_it()
    {
        await using var decoy = await AsNeighbourInTheWayAsync(
            "SELECT pg_advisory_lock((key >> 32)::int, ((key << 32) >> 32)::int) FROM (SELECT hashtextextended('solid_cache:\"public\"', 0)) AS lock (key)", "decoy");
        await using var holder = await AsNeighbourInTheWayAsync("SELECT pg_advisory_lock(hashtextextended('solid_cache:\"public\"', 0))");

        await using var node = await CacheHost.StartAsync(OfApplication, options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        await IsNamedAsync(node, holder);
        Assert.That(node.Logs.GetSnapshot().Select(static record => record.Message), Has.None.Contains($"pid {decoy.ProcessID}"));
    }

    /// <summary>Who holds the lock may be another node, or a script, which is held up itself.</summary>
    [Test]
    public async Task Whom_the_holder_of_the_lock_waits_for_is_named_too()
    {
        await using var holder = await AsNeighbourInTheWayAsync("BEGIN; CREATE TABLE public.solid_cache_state ()");
        var script = PostgresServer.ExecuteAsync(OfApplication, PostgresSolidCacheSchema.GetScript());
        await Eventually.TrueAsync(() => Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND database IS NULL)"), "the script waits");

        await using var node = await CacheHost.StartAsync(OfApplication, options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        await Eventually.TrueAsync(
            () => node.Logs.GetSnapshot().Any(record => record.Message.Contains($"which waits for pid {holder.ProcessID} (role {Neighbour}, application_name 'in the way')", StringComparison.Ordinal)),
            "it is told whom the script waits for");
        await holder.CloseAsync();
        await script;
    }

    [Test]
    public async Task Any_number_of_others_who_write_hide_nobody_who_holds_up_the_first_start()
    {
        await PostgresServer.ExecuteAsync(OfApplication, "CREATE TABLE theirs (number int); GRANT INSERT ON theirs TO PUBLIC");
        var innocent = new List<NpgsqlConnection>();
        for (var number = 0; number < 6; number++)
        {
            innocent.Add(await AsNeighbourInTheWayAsync("BEGIN; INSERT INTO public.theirs VALUES (1); CREATE TEMP TABLE own ()", "innocent"));
        }

        await using var holder = await AsNeighbourInTheWayAsync("BEGIN; CREATE TABLE public.solid_cache_state ()");
        try
        {
            await using var node = await CacheHost.StartAsync(OfApplication, options => options.OperationTimeout = TimeSpan.FromSeconds(2));
            await IsNamedAsync(node, holder);
        }
        finally
        {
            foreach (var connection in innocent)
            {
                await connection.DisposeAsync();
            }
        }
    }

    /// <summary>A connection that keeps what it has begun.</summary>
    private async Task<NpgsqlConnection> AsNeighbourInTheWayAsync(string begun, string application = "in the way")
    {
        var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(Database.ConnectionStringOf(Neighbour, "secret")) { ApplicationName = application, Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(begun, connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }

    /// <summary>What is not committed is nobody's name yet, and is waited for all the same.</summary>
    [TestCase("CREATE TABLE solid_cache_entries ()")]
    [TestCase("CREATE TYPE solid_cache_tag_removals AS ENUM ()")]
    public async Task Nor_does_a_role_hold_up_the_first_start_unnamed_by_what_it_does_not_commit(string begun)
    {
        await using var connection = await AsNeighbourInTheWayAsync($"BEGIN; {begun}");

        await using var node = await CacheHost.StartAsync(OfApplication, options => options.OperationTimeout = TimeSpan.FromSeconds(2));
        await IsNamedAsync(node, connection);

        await connection.CloseAsync();
        await Eventually.TrueAsync(() => Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_invalidations') IS NOT NULL"), "the schema is made once the name is free");
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
}
