using System.Data;
using Npgsql;
using SolidCache.Postgres.IntegrationTests.Documentation;
using SolidCache.Postgres.IntegrationTests.Infrastructure;
using SolidCache.Postgres.IntegrationTests.Tool;

namespace SolidCache.Postgres.IntegrationTests.Schema;

/// <summary>What neighbours prepare for a superuser who works with a cache.</summary>
public sealed class Superusers : NeighbourFixture
{
    /// <summary>Who makes the schema for others is often a superuser, who would hand them a neighbour's tables.</summary>
    [TestCase("{script}")]
    [TestCase("CREATE TABLE solid_cache_state (singleton boolean PRIMARY KEY, schema_version integer NOT NULL, minimum_library_version integer NOT NULL)")]
    [TestCase("CREATE FUNCTION solid_cache_log_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NULL; END -- \"public\".\"solid_cache_entries\"'")]
    public async Task A_superuser_adopts_nothing_that_a_neighbour_made(string made)
    {
        await AsNeighbourAsync(made.Replace("{script}", PostgresSolidCacheSchema.GetScript(), StringComparison.Ordinal));

        await RefusesSuperusersAsync();
    }

    /// <summary>An event trigger stands for a neighbour who is quick: the functions and tables are looked at before, and replaced some milliseconds later.</summary>
    [TestCase("FUNCTION", "solid_cache_forget(table_name regclass, template text) RETURNS boolean LANGUAGE sql AS ''SELECT true''")]
    [TestCase("TABLE", "solid_cache_tag_removals (tag text COLLATE \"C\", removed_by xid8 DEFAULT pg_current_xact_id(), swept_at timestamptz, PRIMARY KEY (tag, removed_by))")]
    public async Task Nor_what_a_neighbour_makes_in_the_midst_of_it(string kind, string definition)
    {
        await Database.ExecuteAsync(
            $"""
            CREATE FUNCTION plant() RETURNS event_trigger LANGUAGE plpgsql AS $plant$
            BEGIN
              IF to_regclass('public.solid_cache_entries') IS NOT NULL AND to_regclass('public.planted') IS NULL THEN
                CREATE TABLE public.planted ();
                EXECUTE 'CREATE {kind} public.{definition}';
                ALTER {kind} public.{definition.Split('(', ' ')[0]} OWNER TO {Neighbour};
              END IF;
            END
            $plant$;
            CREATE EVENT TRIGGER plants ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION plant();
            """);

        await RefusesSuperusersAsync();
    }

    /// <summary>Whoever has begun to make a table holds the script up between its look and the first table, and has time to make the next one, with a trigger.</summary>
    [Test]
    public async Task Nor_does_the_script_call_a_trigger_of_what_a_neighbour_makes_while_it_waits()
    {
        var asNeighbour = Database.ConnectionStringOf(Neighbour, "secret") + ";Pooling=false";
        await AsNeighbourAsync(
            """
            CREATE SEQUENCE calls;
            GRANT ALL ON SEQUENCE calls TO PUBLIC;
            CREATE FUNCTION called() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('public.calls'); RETURN NULL; END $$;
            """);
        await using var holder = new NpgsqlConnection(asNeighbour);
        await holder.OpenAsync();
        await using var begun = new NpgsqlCommand("BEGIN; CREATE TABLE solid_cache_entries ()", holder);
        await begun.ExecuteNonQueryAsync();
        var script = PostgresServer.ExecuteAsync($"{Database.ConnectionString};Pooling=false", PostgresSolidCacheSchema.GetScript());
        await Eventually.TrueAsync(() => Database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'transactionid')"), "the script waits");

        await AsNeighbourAsync(
            """
            CREATE TABLE solid_cache_state (
              singleton boolean PRIMARY KEY DEFAULT true, schema_version integer, minimum_library_version integer, identity uuid, application text,
              last_sweep_finished_at timestamptz, last_sweep_deleted bigint);
            CREATE TRIGGER called BEFORE INSERT OR UPDATE ON solid_cache_state FOR EACH STATEMENT EXECUTE FUNCTION called();
            """);
        await using var given = new NpgsqlCommand("ROLLBACK", holder);
        await given.ExecuteNonQueryAsync();

        await Assert.ThatAsync(() => script, Throws.TypeOf<PostgresException>().With.Message.Contains("belongs to the role"));
        Assert.That(await Database.ScalarAsync<bool>("SELECT is_called FROM calls"), Is.False);
    }

    /// <summary>Who owns the schema or the database is no superuser by that, and has many ways to become one when a superuser works there. One who has become that role is a superuser still.</summary>
    [Test]
    public async Task A_superuser_works_in_no_schema_or_database_of_a_role_that_is_none(
        [Values("SCHEMA public", "DATABASE {database}")] string what, [Values] bool isThere, [Values("himself", "by another role", "by membership")] string how)
    {
        await Database.ExecuteAsync($"GRANT {await Database.ScalarAsync<string>("SELECT quote_ident(current_user)")} TO {Application}; ALTER ROLE {Application} NOINHERIT");
        await Database.ExecuteAsync($"ALTER {what.Replace("{database}", await Database.ScalarAsync<string>("SELECT quote_ident(current_database())"), StringComparison.Ordinal)} OWNER TO {Neighbour}");
        if (isThere)
        {
            await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript());
        }

        var superuser = how switch
        {
            "himself" => Database.ConnectionString,
            "by another role" => $"{Database.ConnectionString};Options=-c role={Neighbour}",
            _ => OfApplication,
        };
        var place = $"the {what.Split(' ')[0].ToLowerInvariant()} {(what.StartsWith('S') ? "public" : new NpgsqlConnectionStringBuilder(superuser).Database)} belongs to the role {Neighbour}";
        try
        {
            string[] commands = ["migrate", "stats", "get key", "rm key", "cleanup"];
            foreach (var command in isThere ? [.. commands, "verify"] : commands)
            {
                Assert.That((await ToolRun.OfAsync([.. command.Split(' '), "--connection-string", superuser])).Error, Does.Contain(place), command);
            }

            foreach (var creates in (bool[])[true, false])
            {
                await using var node = CacheHost.Build(superuser, options => options.CreateSchemaIfNotExists = creates);
                await Assert.ThatAsync(() => node.StartAsync(), Throws.TypeOf<SolidCacheException>().With.Message.Contains(place));
            }

            foreach (var before in (string[])["", how == "himself" ? $"SET SESSION AUTHORIZATION {Neighbour};" : ""])
            {
                await Assert.ThatAsync(
                    () => PostgresServer.ExecuteAsync($"{superuser};Pooling=false", before + PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains(place));
            }

            Assert.That(await Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NOT NULL"), Is.EqualTo(isThere));
            await using var own = await CacheHost.StartAsync(Database.ConnectionStringOf(Neighbour, "secret") + ";Pooling=false");
            await own.Cache.SetAsync("key", [1], new());
        }
        finally
        {
            await Database.ExecuteAsync($"REASSIGN OWNED BY {Neighbour} TO current_user");
        }
    }

    /// <summary>
    /// Who may put a trigger on a table, or make a table whose rows go with its, runs what he likes with the rights of who writes: with functions of PostgreSQL's own that run SQL too. An application
    /// that is no superuser may trust whom its owner has given that.
    /// </summary>
    [TestCase("GRANT TRIGGER ON solid_cache_state TO {neighbour}", "the right TRIGGER of {neighbour}")]
    [TestCase("GRANT ALL ON solid_cache_entries TO PUBLIC", "of everybody")]
    [TestCase("GRANT REFERENCES (key) ON solid_cache_entries TO {neighbour}", "the right REFERENCES of {neighbour}")]
    [TestCase("CREATE TRIGGER more BEFORE UPDATE ON solid_cache_state FOR EACH STATEMENT WHEN (query_to_xml('SELECT 1', true, true, '') IS NULL) EXECUTE FUNCTION suppress_redundant_updates_trigger()", "the trigger more")]
    [TestCase("CREATE TABLE notes (key text COLLATE \"C\" REFERENCES solid_cache_entries ON DELETE CASCADE)", "the foreign key")]
    public async Task A_superuser_works_with_no_table_on_which_others_may_put_something(string planted, string what)
    {
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {Application}");
        await Database.ExecuteAsync(planted.Replace("{neighbour}", Neighbour, StringComparison.Ordinal));
        var refusal = what.Replace("{neighbour}", Neighbour, StringComparison.Ordinal);

        foreach (var command in (string[])["stats", "get key", "verify", "cleanup", "migrate"])
        {
            Assert.That((await ToolRun.OfAsync([.. command.Split(' '), "--connection-string", Database.ConnectionString])).Error, Does.Contain(refusal), command);
        }

        await Assert.ThatAsync(() => Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains(refusal));
        await using var node = await CacheHost.StartAsync(OfApplication, options => options.CreateSchemaIfNotExists = false);
        await node.Cache.SetAsync("key", [1], new());
    }

    /// <summary>Which a transaction at another level would not see; one of its own has the right one.</summary>
    [TestCase(IsolationLevel.RepeatableRead)]
    [TestCase(IsolationLevel.Serializable)]
    public async Task The_script_does_not_run_where_what_a_neighbour_makes_meanwhile_is_not_seen(IsolationLevel isolation)
    {
        await using var connection = await Database.Source.OpenConnectionAsync();
        await using (var transaction = await connection.BeginTransactionAsync(isolation))
        {
            await using var script = new NpgsqlCommand(PostgresSolidCacheSchema.GetScript(ownTransaction: false), connection, transaction);
            await Assert.ThatAsync(() => script.ExecuteNonQueryAsync(), Throws.TypeOf<PostgresException>().With.Property(nameof(PostgresException.Hint)).EqualTo("Run it at read committed."));
        }

        Assert.That(await Database.ScalarAsync<bool>("SELECT to_regclass('solid_cache_entries') IS NULL"), Is.True);
        await PostgresServer.ExecuteAsync(
            $"{Database.ConnectionString};Pooling=false;Options=-c default_transaction_isolation={(isolation == IsolationLevel.Serializable ? "serializable" : "repeatable\\ read")}", PostgresSolidCacheSchema.GetScript());
    }

    /// <summary>A superuser may use everybody's tables, and would run with all rights what their owner has put on them, or in place of the function that reads ask.</summary>
    [TestCase("SELECT")]
    [TestCase("ALTER TABLE solid_cache_entries OWNER TO CURRENT_USER")]
    [TestCase("ALTER TABLE solid_cache_entries OWNER TO CURRENT_USER; ALTER TABLE solid_cache_state OWNER TO CURRENT_USER; ALTER TABLE solid_cache_tag_removals OWNER TO CURRENT_USER; ALTER TABLE solid_cache_invalidations OWNER TO CURRENT_USER")]
    public async Task A_superuser_uses_nothing_of_a_neighbours(string handedOver)
    {
        await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync(handedOver);

        foreach (var command in (string[])["stats", "get key", "verify", "cleanup", "migrate"])
        {
            Assert.That((await ToolRun.OfAsync([.. command.Split(' '), "--connection-string", Database.ConnectionString])).Error, Does.Contain($"belongs to the role {Neighbour}"), command);
        }

        await Assert.ThatAsync(
            () => Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript()), Throws.TypeOf<PostgresException>().With.Message.Contains($"belongs to the role {Neighbour}"));
    }

    /// <summary>As when a client sends each statement by itself, and goes on after errors.</summary>
    [Test]
    public async Task The_look_at_whose_the_tables_are_is_not_left_out_where_the_script_is_no_transaction()
    {
        var script = PostgresSolidCacheSchema.GetScript();
        var look = script[script.IndexOf("DO $solid_cache$\nBEGIN\n  -- Whatever else stands there now", StringComparison.Ordinal)..];

        await Assert.ThatAsync(
            () => Database.ExecuteAsync(look[..(look.IndexOf("END\n$solid_cache$;", StringComparison.Ordinal) + "END\n$solid_cache$;".Length)]),
            Throws.TypeOf<PostgresException>().With.Property(nameof(PostgresException.Hint)).Contains("in one transaction"));
    }

    [Test]
    public async Task Tables_of_a_superuser_or_of_a_role_that_this_one_is_a_member_of_are_accepted()
    {
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await Database.ExecuteAsync($"GRANT SELECT, INSERT, UPDATE, DELETE ON solid_cache_entries, solid_cache_state, solid_cache_tag_removals TO {Application}");
        await using (var node = await CacheHost.StartAsync(OfApplication))
        {
            await node.Cache.SetAsync("key", [1], new());
        }

        await AsNeighbourAsync(PostgresSolidCacheSchema.GetScript(tableName: "group_cache"));
        await Database.ExecuteAsync($"GRANT {Neighbour} TO {Application}");
        await using var member = await CacheHost.StartAsync(OfApplication, options => options.TableName = "group_cache");
        await member.Cache.SetAsync("key", [1], new());
    }

    /// <summary>A type of his stands before PostgreSQL's own where the database's search_path lets him, and a block in PL/pgSQL names its types before its first statement.</summary>
    [Test]
    public async Task What_hands_the_tables_over_runs_nothing_of_a_neighbours()
    {
        await Database.ExecuteAsync(PostgresSolidCacheSchema.GetScript());
        await AsNeighbourAsync(
            $"""
            CREATE TABLE theirs ();
            CREATE TYPE public.text AS ENUM ('TABLE public.theirs');
            CREATE FUNCTION grab(pg_catalog.text) RETURNS public.text LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE {Neighbour} SUPERUSER'; RETURN pg_catalog.enum_first(NULL::public.text); END $$;
            CREATE CAST (pg_catalog.text AS public.text) WITH FUNCTION grab(pg_catalog.text) AS ASSIGNMENT;
            """);
        var block = DocumentedBlock.Of("docs/security.md").Single(static block => block.Text.Contains("OWNER TO cache_user", StringComparison.Ordinal));

        await PostgresServer.ExecuteAsync(Database.ConnectionString + ";Pooling=false;Search Path='public, pg_catalog'", block.Text.Replace("cache_user", Application, StringComparison.Ordinal));
        Assert.That(await Database.ScalarAsync<bool>($"SELECT rolsuper FROM pg_roles WHERE rolname = '{Neighbour}'"), Is.False);
        Assert.That(await Database.ScalarAsync<bool>("SELECT pg_get_userbyid(relowner) LIKE 'application%' FROM pg_class WHERE relname = 'solid_cache_entries'"), Is.True);
    }
}
