using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>How names become SQL.</summary>
public sealed class SqlNamesTests
{
    [Test]
    public void The_default_names_are_quoted_and_qualified()
    {
        var names = new SqlNames(new TableName("public", "solid_cache_entries"));
        string[] expected =
        [
            "\"public\"", "\"public\".\"solid_cache_entries\"", "\"public\".\"solid_cache_state\"",
            "\"public\".\"cleanup_expired_cache\"", "\"public\".\"sweep_expired_cache\"",
        ];

        Assert.That(All(names), Is.EqualTo(expected));
    }

    [TestCase("my-cache", "\"my-cache\"")]
    [TestCase("Case", "\"Case\"")]
    [TestCase("a.b", "\"a.b\"")]
    [TestCase("a\"b", "\"a\"\"b\"")]
    [TestCase("\"\"", "\"\"\"\"\"\"")]
    [TestCase("it's \\", "\"it's \\\"")]
    [TestCase("x\"; DROP TABLE y; --", "\"x\"\"; DROP TABLE y; --\"")]
    public void A_name_stays_one_identifier(string name, string quoted)
    {
        var names = new SqlNames(new TableName(name, name));

        Assert.That(names.Schema, Is.EqualTo(quoted));
        Assert.That(names.Entries, Is.EqualTo($"{quoted}.{quoted}"));
        Assert.That(names.State, Is.EqualTo($"{quoted}.{quoted[..^1]}_state\""));
    }

    [TestCase("", "''")]
    [TestCase("plain", "'plain'")]
    [TestCase("it's", "'it''s'")]
    [TestCase("\"q\"", "'\"q\"'")]
    [TestCase("%s {0}", "'%s {0}'")]
    [TestCase("a\\b", " E'a\\\\b'")]
    [TestCase("\\'", " E'\\\\'''")]
    [TestCase("$1", "'$1'")]
    public void A_text_stays_one_literal_whatever_the_server_makes_of_backslashes(string text, string literal) =>
        Assert.That(SqlNames.Literal(text), Is.EqualTo(literal));

    private static string[] All(SqlNames names) => [names.Schema, names.Entries, names.State, names.CleanupFunction, names.SweepProcedure];
}
