using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Schema;

/// <summary>The steps of the schema, and how names get into them.</summary>
public sealed class MigrationTests
{
    private static readonly SqlNames Names = new(new TableName("s", "t"));

    [Test]
    public void Steps_are_numbered_from_one_without_a_gap() =>
        Assert.That(Migration.All.Select(migration => migration.Version), Is.EqualTo(Enumerable.Range(1, Migration.All.Count)));

    [TestCase("{schema}", "\"s\"")]
    [TestCase("{schema_literal}", "'\"s\"'")]
    [TestCase("{entries}", "\"s\".\"t\"")]
    [TestCase("{entries_literal}", "'\"s\".\"t\"'")]
    [TestCase("{schema_name}", "'s'")]
    [TestCase("{cleanup_name}", "'t_cleanup_expired'")]
    [TestCase("{sweep_name}", "'t_sweep_expired'")]
    [TestCase("{state}", "\"s\".\"t_state\"")]
    [TestCase("{cleanup_function}", "\"s\".\"t_cleanup_expired\"")]
    [TestCase("{count_type}", "\"s\".\"t_sweep_count\"")]
    [TestCase("{count_type_literal}", "'\"s\".\"t_sweep_count\"'")]
    [TestCase("{sweep_procedure}", "\"s\".\"t_sweep_expired\"")]
    [TestCase("{remove_on_change_function}", "\"s\".\"t_remove_on_change\"")]
    [TestCase("{changed_literal}", "'\"s\".\"t_changed\"'")]
    [TestCase("CREATE {unlogged}TABLE {entries}", "CREATE TABLE \"s\".\"t\"")]
    public void A_placeholder_becomes_a_quoted_name(string template, string expected) =>
        Assert.That(new Migration(1, template).For(Names, unlogged: false), Is.EqualTo(expected));

    [Test]
    public void An_unlogged_table_is_created_so() =>
        Assert.That(new Migration(1, "CREATE {unlogged}TABLE").For(Names, unlogged: true), Is.EqualTo("CREATE UNLOGGED TABLE"));

    [Test]
    public void Only_the_entries_are_unlogged()
    {
        var text = Migration.All[0].For(Names, unlogged: true);

        Assert.That(text, Does.Contain("CREATE UNLOGGED TABLE IF NOT EXISTS \"s\".\"t\" (").And.Contain("CREATE TABLE IF NOT EXISTS \"s\".\"t_state\" ("));
    }

    [Test]
    public void A_name_that_looks_like_a_placeholder_stays_a_name()
    {
        var names = new SqlNames(new TableName("{entries}", "{state}"));

        Assert.That(new Migration(1, "{entries} {schema}").For(names, unlogged: false), Is.EqualTo("\"{entries}\".\"{state}\" \"{entries}\""));
    }

    [Test]
    public void A_placeholder_that_nobody_fills_is_an_error() =>
        Assert.That(
            () => new Migration(7, "SELECT {nonsense}").For(Names, unlogged: false),
            Throws.InvalidOperationException.With.Message.EqualTo("Migration 7 has a placeholder 'nonsense' that nobody fills."));

    [Test]
    public void No_step_leaves_a_placeholder_behind() =>
        Assert.That(Migration.All.Select(migration => migration.For(Names, unlogged: false)), Has.None.Match(@"\{\w+\}"));
}
