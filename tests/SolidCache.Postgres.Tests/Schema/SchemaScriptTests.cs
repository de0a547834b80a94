using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Schema;

/// <summary>The script for people who run their own migrations.</summary>
public sealed class SchemaScriptTests
{
    /// <summary>Set to <c>1</c>, it makes this run write the files that it otherwise compares.</summary>
    private const string Regenerate = "REGENERATE_SCHEMA";

    [Test]
    public void The_committed_script_is_what_the_library_composes() => Compare(Path.Combine(Repository.Library, "Schema", "solid_cache.sql"), PostgresSolidCacheSchema.GetScript());

    [Test]
    public void So_is_the_one_that_removes_all() => Compare(
        Path.Combine(Repository.Root, "docs", "operations", "uninstall.sql"),
        "-- Removes a cache with the default names and everything in it. Stop the applications that use it first, or they make it anew.\nBEGIN;\n" + PostgresSolidCacheSchema.GetDropScript() + "COMMIT;\n");

    private static void Compare(string file, string composed)
    {
        var script = composed.ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable(Regenerate) == "1")
        {
            File.WriteAllText(file, script);
        }

        Assert.That(
            File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "",
            Is.EqualTo(script),
            $"{Path.GetFileName(file)} is out of date. Run: {Regenerate}=1 dotnet test tests/SolidCache.Postgres.Tests --filter {nameof(SchemaScriptTests)}");
    }

    [Test]
    public void The_script_for_a_hostile_name_is_as_approved() =>
        Approval.Verify("schema_hostile_name", PostgresSolidCacheSchema.GetScript(@"Ünï""co'dé\", @"x""; DROP TABLE {state}; --'\"));

    /// <summary>Where SQL is indented, a name of several lines would become another one.</summary>
    [Test]
    public void No_name_of_several_lines_is_indented()
    {
        var names = new SqlNames(new TableName("two\nlines", "a\ntable"));
        string[] texts =
        [
            PostgresSolidCacheSchema.GetScript(names.Table.Schema, names.Table.Table), PostgresSolidCacheSchema.GetDropScript(names.Table.Schema, names.Table.Table),
            SchemaInspection.Of(names), SchemaInspection.DistributedOf(names), SchemaHolders.OfLock(names), SchemaHolders.OfTables(names),
        ];

        Assert.That(texts, Has.None.Match(@"two\n +lines|a\n +table"));
        Assert.That(texts[0], Does.Contain("\"two\nlines\".\"a\ntable\""));
    }

    [Test]
    public void The_script_of_an_unlogged_table_differs_in_that_word_only()
    {
        var logged = PostgresSolidCacheSchema.GetScript();
        var unlogged = PostgresSolidCacheSchema.GetScript(unloggedTable: true);

        Assert.That(unlogged.Replace("CREATE UNLOGGED TABLE IF NOT EXISTS \"public\".\"solid_cache_entries\"", "CREATE TABLE IF NOT EXISTS \"public\".\"solid_cache_entries\"", StringComparison.Ordinal), Is.EqualTo(logged));
        Assert.That(unlogged, Is.Not.EqualTo(logged));
    }

    [Test]
    public void The_script_is_one_transaction()
    {
        var lines = PostgresSolidCacheSchema.GetScript().Split('\n');

        Assert.That(
            lines.Where(line => line.StartsWith("BEGIN", StringComparison.Ordinal) && line.EndsWith(';') || line is "COMMIT;"), Is.EqualTo((string[])["BEGIN ISOLATION LEVEL READ COMMITTED;", "COMMIT;"]));
    }

    /// <summary>A view in its place would run what somebody likes: from the look at what is there to its first read, he has as long as he makes that look last, by functions of many megabytes.</summary>
    [Test]
    public void The_state_is_read_when_it_is_a_table_whose_owner_was_looked_at()
    {
        var script = PostgresSolidCacheSchema.GetScript();
        var made = script.IndexOf("CREATE TABLE IF NOT EXISTS \"public\".\"solid_cache_state\"", StringComparison.Ordinal);
        var looked = script.IndexOf("EXECUTE pg_catalog.current_setting('solid_cache.refuse_strangers')", made, StringComparison.Ordinal);

        Assert.That(script.IndexOf("FROM \"public\".\"solid_cache_state\"", StringComparison.Ordinal), Is.GreaterThan(looked));
        Assert.That(looked, Is.GreaterThan(made));
    }

    /// <summary>After a refusal psql goes on with what follows the transaction, and there the search_path is the database's.</summary>
    [Test]
    public void Nothing_of_the_script_follows_its_transaction()
    {
        var script = PostgresSolidCacheSchema.GetScript();

        Assert.That(script, Does.EndWith("COMMIT;\n"));
        Assert.That(script, Does.Contain("RAISE WARNING").And.Contain("CREATE INDEX CONCURRENTLY"), "What may run in no transaction is told.");
    }

    [Test]
    public void The_script_for_a_tool_with_a_transaction_of_its_own_differs_in_that_only_and_selects_nothing()
    {
        var script = PostgresSolidCacheSchema.GetScript();
        var within = PostgresSolidCacheSchema.GetScript(ownTransaction: false);

        string[] more = ["  PERFORM pg_catalog.set_config('search_path', pg_catalog.current_setting('solid_cache.search_path'), true);"];
        Assert.That(within.Split('\n').Except(["", .. script.Split('\n')]), Is.EqualTo(more), "What follows in that transaction finds its names as before.");
        Assert.That(within, Does.Not.Contain("BEGIN ISOLATION").And.Not.Contain("COMMIT;\n\n").And.Not.EndWith("COMMIT;\n"));
        Assert.That(within.Split('\n').Where(line => line.StartsWith("SELECT", StringComparison.Ordinal)), Is.Empty, "A block of PL/pgSQL, where such tools put it, would not know what to do with the result.");
    }

    [Test]
    public void The_script_that_drops_all_for_a_hostile_name_is_as_approved() =>
        Approval.Verify("schema_drop_hostile_name", PostgresSolidCacheSchema.GetDropScript(@"Ünï""co'dé\", @"x""; DROP TABLE {state}; --'\"));

    [Test]
    public void The_version_is_that_of_the_last_step() =>
        Assert.That(PostgresSolidCacheSchema.Version, Is.EqualTo(Migration.All.Max(migration => migration.Version)));

    [Test]
    public void Names_are_checked()
    {
        Assert.That(() => PostgresSolidCacheSchema.GetScript(null!), Throws.ArgumentNullException);
        Assert.That(() => PostgresSolidCacheSchema.GetScript(tableName: null!), Throws.ArgumentNullException);
        Assert.That(() => PostgresSolidCacheSchema.GetScript(""), Throws.ArgumentException);
        Assert.That(() => PostgresSolidCacheSchema.GetScript(tableName: "t_state"), Throws.ArgumentException);
    }
}
