using System.Net.Sockets;
using Npgsql;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

/// <summary>What each caller of a batch gets: the same error, and another object.</summary>
public sealed class ErrorCopyTests
{
    private static readonly Exception[] Errors =
    [
        new PostgresException("said", "FEHLER", "ERROR", "57P01", "detail", "hint", 1, 2, "query", "where", "schema", "table", "column", "type", "constraint", "file", "3", "routine"),
        new NpgsqlException("broken", new IOException("gone")),
        new SolidCacheException("refused") { IsTransient = true },
        new TimeoutException("late"),
        new ObjectDisposedException("pool"),
    ];

    [Test]
    public void It_is_another_object_that_says_the_same([ValueSource(nameof(Errors))] Exception error)
    {
        var (one, other) = (ErrorCopy.Of(error, AwayDatabase.Table), ErrorCopy.Of(error, AwayDatabase.Table));

        Assert.That((Exception[])[error, one, other], Is.Unique.And.All.TypeOf(error.GetType()));
        Assert.That((one.Message, ServerErrors.IsOutage(one)), Is.EqualTo((error.Message, ServerErrors.IsOutage(error))));
    }

    [Test]
    public void All_that_the_server_said_is_kept()
    {
        var copy = ErrorCopy.Of(Errors[0], AwayDatabase.Table);
        foreach (var property in typeof(PostgresException).GetProperties().Where(static property => property.PropertyType == typeof(string) || property.PropertyType == typeof(int)))
        {
            if (property.Name is not (nameof(Exception.StackTrace) or nameof(Exception.HResult)))
            {
                Assert.That(property.GetValue(copy), Is.EqualTo(property.GetValue(Errors[0])), property.Name);
            }
        }
    }

    [Test]
    public void A_socket_that_broke_before_the_driver_had_it_is_an_error_of_the_drivers()
    {
        var copy = ErrorCopy.Of(new IOException("not connected"), AwayDatabase.Table);
        Assert.That(copy, Is.TypeOf<NpgsqlException>().With.Message.EqualTo("not connected").And.InnerException.TypeOf<IOException>());
        Assert.That(ServerErrors.IsOutage(copy), Is.True);
    }

    [Test]
    public void The_text_of_a_script_is_in_no_log()
    {
        var copy = ErrorCopy.OfScript((PostgresException)Errors[0]);
        Assert.That((copy.MessageText, copy.SqlState, copy.Hint, copy.InternalQuery, copy.Where), Is.EqualTo(("said", "57P01", "hint", (string?)null, (string?)null)));
    }

    [Test]
    public void What_nobody_foresaw_is_inside_one_of_the_caches_own()
    {
        var unforeseen = new SocketException(111);

        Assert.That(ErrorCopy.Of(unforeseen, AwayDatabase.Table), Is.TypeOf<SolidCacheException>().With.InnerException.SameAs(unforeseen));
    }
}
