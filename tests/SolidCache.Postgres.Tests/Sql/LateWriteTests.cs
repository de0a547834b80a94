using Npgsql;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>The error of a write that came late, as it comes back from the server.</summary>
public sealed class LateWriteTests
{
    /// <summary>What PostgreSQL says to the cast that the check ends in.</summary>
    private static readonly PostgresException Late = new(
        "invalid input syntax for type boolean: \"solid_cache: this write came after its deadline, at 2026-11-27 12:00:00+00\"", "ERROR", "ERROR", "22P02");

    private static readonly PostgresException Other = new("invalid input syntax for type boolean: \"x\"", "ERROR", "ERROR", "22P02");

    [Test]
    public void It_is_told_from_other_errors_of_its_code()
    {
        Assert.That(LateWrite.IsReportedBy(Late), Is.True);
        Assert.That(LateWrite.IsReportedBy(Other), Is.False);
    }

    [Test]
    public void The_check_raises_it() => Assert.That(LateWrite.Check("$1"), Does.Contain("solid_cache: this write came after its deadline, at "));
}
