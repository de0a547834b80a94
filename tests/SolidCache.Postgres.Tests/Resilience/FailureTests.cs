using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;
using SolidCache.Postgres.Resilience;

namespace SolidCache.Postgres.Tests.Resilience;

/// <summary>Which error is what: SQLSTATE by SQLSTATE.</summary>
public sealed class FailureTests
{
    private static readonly string[] Outages =
    [
        "08000", "08006", "53100", "53200", "53300", "58000", "58030", "57P01", "57P02", "57P03", "57P04", "57P05", "57014", "25P03", "25P04", "25006", "0A000",
    ];

    [TestCaseSource(nameof(Outages))]
    public void An_outage_counts_for_the_breaker_unless_the_session_was_only_idle(string state)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Failure.IsOutage(Server(state)), Is.True);
            Assert.That(Failure.IsServersFault(Server(state)), Is.EqualTo(state != "57P05"));
        }
    }

    [TestCase("40001")]
    [TestCase("40P01")]
    [TestCase("55P03")]
    [TestCase("57P05")]
    public void A_write_is_repeated_when_the_server_says_that_it_did_not_happen(string state)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Failure.MayWriteAgain(Server(state)), Is.True);
            Assert.That(Failure.IsServersFault(Server(state)), Is.False);
        }
    }

    [TestCase("42P01")]
    [TestCase("42501")]
    [TestCase("28P01")]
    [TestCase("28000")]
    [TestCase("3D000")]
    [TestCase("22001")]
    [TestCase("23514")]
    [TestCase("54000")]
    public void What_does_not_pass_by_itself_is_never_hidden(string state)
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Failure.IsOutage(Server(state)), Is.False);
            Assert.That(Failure.MayReadAgain(Server(state)), Is.False);
            Assert.That(Failure.MayWriteAgain(Server(state)), Is.False);
        }
    }

    [Test]
    public void What_the_client_met_on_the_way_is_an_outage()
    {
        Exception[] errors = [new NpgsqlException("broken", new IOException()), new SocketException(111), new IOException(), new TimeoutException(), OutOfTime()];

        Assert.That(errors.Where(error => !Failure.IsOutage(error)), Is.Empty);
    }

    [Test]
    public void A_certificate_that_is_not_trusted_or_cannot_be_read_does_not_pass_by_itself()
    {
        Exception[] reasons = [new AuthenticationException(), new CryptographicException(), new FileNotFoundException(), new DirectoryNotFoundException(), new UnauthorizedAccessException()];

        Assert.That(reasons.Select(reason => new NpgsqlException("handshake", reason)).Where(Failure.IsOutage), Is.Empty);
    }

    [Test]
    public void A_full_disk_is_one_also_where_several_statements_met_it()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Failure.IsDiskFull(Server("53100")), Is.True);
            Assert.That(Failure.IsDiskFull(new NpgsqlException("several", new AggregateException(Server("53100"), Server("53100")))), Is.True);
            Assert.That(Failure.IsDiskFull(new NpgsqlException("several", new AggregateException(Server("53100"), Server("57P01")))), Is.False);
            Assert.That(Failure.IsDiskFull(Server("53200")), Is.False);
        }
    }

    [Test]
    public void A_read_is_repeated_after_a_broken_connection_and_not_after_a_time_out()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Failure.MayReadAgain(new NpgsqlException("broken", new IOException())), Is.True);
            Assert.That(Failure.MayReadAgain(Server("57P01")), Is.True);
            Assert.That(Failure.MayReadAgain(OutOfTime()), Is.False);
            Assert.That(Failure.MayReadAgain(Server("57014")), Is.False);
        }
    }

    [Test]
    public void A_write_is_never_repeated_after_a_broken_connection() =>
        Assert.That(Failure.MayWriteAgain(new NpgsqlException("broken", new IOException())), Is.False);

    [Test]
    public void The_callers_own_errors_are_no_outage()
    {
        Exception[] errors = [new ArgumentException("key"), new OperationCanceledException(), new ObjectDisposedException("cache"), new SolidCacheException("no table")];

        Assert.That(errors.Where(Failure.IsOutage), Is.Empty);
    }

    private static NpgsqlException OutOfTime() => new("late", new TimeoutException());

    private static PostgresException Server(string state) => new("it failed", "ERROR", "ERROR", state);
}
