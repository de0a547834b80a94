using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Schema;

/// <summary>What the catalog is asked before anything is made. What comes of the answers is tested on a server.</summary>
public sealed class SchemaInspectionTests
{
    [Test]
    public void The_questions_to_the_catalog_are_as_approved() =>
        Approval.Verify("schema_inspection", Script(new SqlNames(new TableName(TableName.DefaultSchema, TableName.DefaultTable))));

    [Test]
    public void The_questions_about_a_hostile_name_are_as_approved() =>
        Approval.Verify("schema_inspection_hostile_name", Script(new SqlNames(new TableName(@"Ünï""co'dé\", @"x""; DROP TABLE {state}; --'\"))));

    private static string Script(SqlNames names) =>
        string.Join("\n\n", [$"-- Found\n{SchemaInspection.Of(names)};", $"-- Distributed\n{SchemaInspection.DistributedOf(names)};", $"-- LockHolders\n{SchemaHolders.OfLock(names)};", $"-- TableHolders\n{SchemaHolders.OfTables(names)};"]);
}
