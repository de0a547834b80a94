using CsCheck;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Sweeping;
using SolidCache.Postgres.Tests.Entries;
using SolidCache.Postgres.Transactions;

namespace SolidCache.Postgres.Tests.Hostile;

/// <summary>A schema's or a table's name is refused with a reason, or it is a name and nothing but a name in all the SQL that is made of it.</summary>
public sealed class NameProperties
{
    private static readonly Gen<string> Name = Gen.OneOf(Texts.Short, Texts.Any);
    private static readonly string[] Script = SqlTokens.Skeleton(PostgresSolidCacheSchema.GetScript("s", "t"));
    private static readonly string[][] Statements = [.. SqlOf(new SqlNames(new TableName("s", "t"))).Select(SqlTokens.Skeleton)];

    [Test]
    public void The_skeleton_of_a_script_shows_what_an_injection_would_add() =>
        Assert.That(SqlTokens.Skeleton("SELECT 'a''b', \"c\"\"d\" -- x\n; DO $x$ DROP $x$"), Is.EqualTo((string[])["SELECT", "<literal>", ",", "<identifier>", ";", "DO", "DROP"]));

    [Test]
    public void A_name_is_refused_with_a_reason_or_adds_nothing_to_the_SQL() =>
        Gen.Select(Name, Name).Sample(
            (schema, table) =>
            {
                TableName names;
                try
                {
                    names = new TableName(schema, table);
                }
                catch (ArgumentException error)
                {
                    return error.ParamName is "schema" or "table" && error.Message.Contains(" name for the cache: ", StringComparison.Ordinal);
                }

                var sql = new SqlNames(names);
                return SqlTokens.Identifiers(sql.Entries).SequenceEqual([schema, table])
                    && SqlTokens.Identifiers(sql.State).SequenceEqual([schema, names.State])
                    && SqlOf(sql).Select(SqlTokens.Skeleton).Zip(Statements).All(pair => pair.First.SequenceEqual(pair.Second))
                    && SqlTokens.Skeleton(PostgresSolidCacheSchema.GetScript(schema, table)).SequenceEqual(Script);
            },
            iter: 500,
            print: names => $"{names.Item1.Escaped()} {names.Item2.Escaped()}");

    [Test]
    public void A_text_stays_one_literal() =>
        Texts.Any.Sample(text => SqlTokens.Value(SqlNames.Literal(text)) == text, iter: 4_000, print: Texts.Print);

    [Test]
    public void A_prefix_is_refused_with_a_reason_or_leads_its_keys() =>
        Texts.Any.Sample(
            prefix =>
            {
                try
                {
                    return new KeySpace(prefix).Map("key").Stored == $"{prefix}^key";
                }
                catch (ArgumentException error)
                {
                    return error.ParamName == "prefix" && error.Message.Contains(" is not a key prefix: ", StringComparison.Ordinal);
                }
            },
            iter: 4_000,
            print: Texts.Print);

    private static IEnumerable<string> SqlOf(SqlNames names) => ((object[])[.. Parts(new(names, 0.1, 1_000)), new SweepStatements(names), new TransactionStatements(names)])
        .SelectMany(statements => statements.GetType().GetProperties().Where(property => property.PropertyType == typeof(string)).Select(property => (string)property.GetValue(statements)!));

    private static object[] Parts(EntryStatements statements) => [statements, statements.Sets, statements.Leases];
}
