using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Sweeping;
using SolidCache.Postgres.Transactions;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Every statement that the library sends, as a file that people can read and review.</summary>
public sealed class StatementApprovalTests
{
    private const int MaxValueBytes = 64 * 1024 * 1024;
    private static readonly SqlNames Default = new(new TableName(TableName.DefaultSchema, TableName.DefaultTable));
    private static readonly SqlNames Hostile = new(new TableName(@"Ünï""co'dé\", @"x""; DROP TABLE {state}; --'\"));

    [Test]
    public void Statements_on_entries_are_as_approved() => Approval.Verify("entry_statements", Script(new EntryStatements(Default, 0.1, MaxValueBytes)));

    [Test]
    public void Statements_on_entries_of_a_hostile_name_are_as_approved() =>
        Approval.Verify("entry_statements_hostile_name", Script(new EntryStatements(Hostile, 0.1, MaxValueBytes)));

    [Test]
    public void Statements_of_a_sweep_are_as_approved() => Approval.Verify("sweep_statements", Script(new SweepStatements(Default)));

    [Test]
    public void Statements_of_a_sweep_of_a_hostile_name_are_as_approved() =>
        Approval.Verify("sweep_statements_hostile_name", Script(new SweepStatements(Hostile)));

    [Test]
    public void Statements_of_the_statistics_are_as_approved() =>
        Approval.Verify("statistics_statements", Script(new StatisticsReader(Default)));

    [Test]
    public void Statements_of_the_statistics_of_a_hostile_name_are_as_approved() =>
        Approval.Verify("statistics_statements_hostile_name", Script(new StatisticsReader(Hostile)));

    [Test]
    public void Statements_in_transactions_are_as_approved() => Approval.Verify("transaction_statements", Script(new TransactionStatements(Default)));

    [TestCase(0.01, "1.01")]
    [TestCase(0.1, "1.1")]
    [TestCase(1, "2")]
    public void The_slack_stretches_a_sliding_window(double slack, string factor)
    {
        var statements = new EntryStatements(Default, slack, MaxValueBytes);
        string[] stretching = [statements.Touch, statements.Sets.One, statements.Sets.Many, statements.Sets.Free];

        Assert.That(stretching, Has.All.Match($@"(least\(greatest\(sliding_expiration, 0\), \d+\)|nullif\((row\.sliding|\$3), 0\))::float8 \* '{Regex.Escape(factor)}'::float8 \* interval"));
    }

    [Test]
    public void Every_statement_says_who_sent_it()
    {
        var statements = Texts(new EntryStatements(Default, 0.1, MaxValueBytes)).Concat(Texts(new SweepStatements(Default))).Concat(Texts(new StatisticsReader(Default))).Concat(Texts(new TransactionStatements(Default)));

        Assert.That(statements.Select(statement => statement.Text), Has.All.Match(@"\A/\* solid_cache:[a-z_]+ \*/\s"));
    }

    /// <summary>Sessions may be made so that none passes without (pg-safeupdate).</summary>
    [Test]
    public void Every_update_and_deletion_has_a_condition()
    {
        var statements = Texts(new EntryStatements(Default, 0.1, MaxValueBytes)).Concat(Texts(new SweepStatements(Default))).Select(statement => statement.Text).Append(PostgresSolidCacheSchema.GetScript());

        var changes = statements
            .SelectMany(text => Regex.Matches(text, @"^\s*(UPDATE|DELETE FROM) .*?(;|\z|(?=^\s*(UPDATE|DELETE FROM) ))", RegexOptions.Multiline | RegexOptions.Singleline))
            .Select(match => match.Value)
            .ToArray();

        Assert.That(changes, Has.All.Contains("WHERE"));
        Assert.That(changes, Has.Length.GreaterThan(10));
    }

    private static string Script(object statements) =>
        string.Join("\n\n", Texts(statements).Select(statement => $"-- {statement.Name}\n{statement.Text};"));

    private static (string Name, string Text)[] Texts(object statements) => statements switch
    {
        StatisticsReader reader => [("Size", Size(reader)), ("Count", Count(reader)), ("Sample", Sample(reader))],
        EntryStatements entries => [.. Properties(entries), .. Properties(entries.Sets), .. Properties(entries.Leases)],
        _ => Properties(statements),
    };

    private static (string Name, string Text)[] Properties(object statements) =>
        [.. statements.GetType().GetProperties().Where(property => property.PropertyType == typeof(string))
            .Select(property => (property.Name, (string)property.GetValue(statements)!))];

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_size")]
    private static extern ref string Size(StatisticsReader reader);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_count")]
    private static extern ref string Count(StatisticsReader reader);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_sample")]
    private static extern ref string Sample(StatisticsReader reader);
}
