using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>Which error is what: SQLSTATE by SQLSTATE.</summary>
public sealed class ServerErrorsTests
{
    private static readonly string[] Outages =
        ["08000", "08006", "53100", "53200", "53300", "58000", "58030", "57P01", "57P02", "57P03", "57P04", "57P05", "57014", "25P03", "25P04", "25006"];

    private static readonly string[] Lasting = ["42P01", "42501", "28P01", "28000", "3D000", "22001", "23514", "54000", "0A000", "40001", "40P01", "55P03"];

    [TestCaseSource(nameof(Outages))]
    public void What_passes_by_itself_is_an_outage(string state) => Assert.That(ServerErrors.IsOutage(Server(state)), Is.True);

    [TestCaseSource(nameof(Lasting))]
    public void What_is_a_calls_own_or_the_configurations_is_no_outage(string state) => Assert.That(ServerErrors.IsOutage(Server(state)), Is.False);

    [Test]
    public void What_the_client_met_on_the_way_is_an_outage()
    {
        Exception[] errors =
        [
            new NpgsqlException("broken", new IOException()), new NpgsqlException("late", new TimeoutException()), new SocketException(111), new IOException(),
            new TimeoutException(), new ObjectDisposedException("connection"),
        ];

        Assert.That(errors.Select(ServerErrors.IsOutage), Is.All.True);
    }

    [Test]
    public void The_callers_own_errors_are_no_outage()
    {
        Exception[] errors = [new ArgumentException("key"), new OperationCanceledException(), new SolidCacheException("no table"), new Outage(new IOException())];

        Assert.That(errors.Select(ServerErrors.IsOutage), Is.All.False);
    }

    [Test]
    public void A_certificate_that_is_not_trusted_or_cannot_be_read_does_not_pass_by_itself()
    {
        Exception[] reasons = [new AuthenticationException(), new CryptographicException(), new FileNotFoundException(), new DirectoryNotFoundException(), new UnauthorizedAccessException()];
        var errors = reasons.Select(reason => new NpgsqlException("handshake", reason)).ToArray();

        Assert.That(errors.Select(ServerErrors.IsOfCertificates), Is.All.True);
        Assert.That(errors.Select(ServerErrors.IsOutage), Is.All.False);
    }

    [TestCase("57P01", true)]
    [TestCase("22P02", true)]
    [TestCase("08006", false, Description = "A pooler says so, and knows nothing of what became of the statement")]
    [TestCase("08P01", false)]
    public void An_answer_of_the_server_says_that_nothing_has_happened(string state, bool isAnswer) =>
        Assert.That(ServerErrors.IsAnswer(Server(state)), Is.EqualTo(isAnswer));

    [Test]
    public void A_broken_connection_is_no_answer() => Assert.That(ServerErrors.IsAnswer(new NpgsqlException("broken", new IOException())), Is.False);

    [TestCase("40001", true)]
    [TestCase("40P01", true)]
    [TestCase("57P05", true)]
    [TestCase("57P01", false)]
    [TestCase("55P03", false)]
    public void What_was_undone_because_of_others_may_be_sent_once_more(string state, bool isUndone) =>
        Assert.That(ServerErrors.IsUndone(Server(state)), Is.EqualTo(isUndone));

    [Test]
    public void A_statement_is_gone_when_the_server_does_not_know_it_or_cannot_use_its_plan()
    {
        Assert.That(ServerErrors.IsStatementGone(Server("26000")), Is.True);
        Assert.That(ServerErrors.IsStatementGone(new PostgresException("changed", "ERROR", "ERROR", "0A000", routine: "RevalidateCachedQuery")), Is.True);
        Assert.That(ServerErrors.IsStatementGone(Server("0A000")), Is.False);
    }

    [TestCase("21000", true)]
    [TestCase("22001", true)]
    [TestCase("23514", true)]
    [TestCase("54000", true)]
    [TestCase("P0001", true)]
    [TestCase("53100", false)]
    [TestCase("42501", false)]
    [TestCase("", false)]
    public void One_row_may_be_to_blame(string state, bool lies) => Assert.That(ServerErrors.LiesInARow(Server(state)), Is.EqualTo(lies));

    [Test]
    public void What_a_trigger_raises_lies_in_its_row_whatever_it_says([Values("P0001", "53100", "42501", "57P01", "08006", "40001", "55P03")] string state)
    {
        var raised = new PostgresException("not this one", "ERROR", "ERROR", state, routine: "exec_stmt_raise");

        Assert.That((ServerErrors.LiesInARow(raised), ServerErrors.IsUndone(raised), ServerErrors.IsLocked(raised)), Is.EqualTo((true, false, false)));
    }

    [Test]
    public void Locks_full_disks_and_touches_that_may_be_left_out_are_told_apart()
    {
        string[] states = ["55P03", "53100", "25006", "53200"];

        Assert.That(states.Select(state => ServerErrors.IsLocked(Server(state))), Is.EqualTo((bool[])[true, false, false, false]));
        Assert.That(states.Select(state => ServerErrors.IsDiskFull(Server(state))), Is.EqualTo((bool[])[false, true, false, false]));
        Assert.That(states.Select(state => ServerErrors.MaySkipTouch(Server(state))), Is.EqualTo((bool[])[false, true, true, false]));
    }

    private static PostgresException Server(string state) => new("it failed", "ERROR", "ERROR", state);
}
