using SolidCache.Postgres.Schema;

namespace SolidCache.Postgres.Tests.Schema;

/// <summary>The script for people who run their own migrations.</summary>
public sealed class SchemaScriptTests
{
    private static readonly string Committed = Path.Combine(Repository.Library, "Schema", "solid_cache.sql");

    /// <summary>Set to <c>1</c>, it makes this run write the file that it otherwise compares.</summary>
    private const string Regenerate = "REGENERATE_SCHEMA";

    [Test]
    public void The_committed_script_is_what_the_library_composes()
    {
        var script = PostgresSolidCacheSchema.GetScript().ReplaceLineEndings("\n");
        if (Environment.GetEnvironmentVariable(Regenerate) == "1")
        {
            File.WriteAllText(Committed, script);
        }

        Assert.That(
            File.Exists(Committed) ? File.ReadAllText(Committed).ReplaceLineEndings("\n") : "",
            Is.EqualTo(script),
            $"src/SolidCache.Postgres/Schema/solid_cache.sql is out of date. Run: {Regenerate}=1 dotnet test tests/SolidCache.Postgres.Tests --filter {nameof(SchemaScriptTests)}");
    }

    [Test]
    public void The_script_for_a_hostile_name_is_as_approved() =>
        Approval.Verify("schema_hostile_name", PostgresSolidCacheSchema.GetScript(@"Ünï""co'dé\", @"x""; DROP TABLE {state}; --'\"));

    [Test]
    public void The_script_of_an_unlogged_table_differs_in_that_word_only()
    {
        var logged = PostgresSolidCacheSchema.GetScript();
        var unlogged = PostgresSolidCacheSchema.GetScript(unloggedTable: true);

        Assert.That(unlogged.Replace("CREATE UNLOGGED TABLE", "CREATE TABLE", StringComparison.Ordinal), Is.EqualTo(logged));
        Assert.That(unlogged, Is.Not.EqualTo(logged));
    }

    [Test]
    public void The_script_is_one_transaction()
    {
        var lines = PostgresSolidCacheSchema.GetScript().Split('\n');

        Assert.That(lines.Where(line => line is "BEGIN;" or "COMMIT;"), Is.EqualTo((string[])["BEGIN;", "COMMIT;"]));
    }

    [Test]
    public void After_its_transaction_the_script_makes_nothing_so_that_whatever_tool_may_run_it()
    {
        var script = PostgresSolidCacheSchema.GetScript();
        var after = script[script.LastIndexOf("COMMIT;", StringComparison.Ordinal)..];

        Assert.That(after.Split(';', StringSplitOptions.RemoveEmptyEntries).Count(static part => part.Contains("DO $solid_cache$", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(after, Does.Contain("RAISE WARNING").And.Contain("CREATE INDEX CONCURRENTLY"));
    }

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
