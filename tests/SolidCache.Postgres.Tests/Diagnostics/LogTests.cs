using System.Reflection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using SolidCache.Postgres.Diagnostics;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Diagnostics;

/// <summary>What the library logs.</summary>
public sealed class LogTests
{
    internal static readonly LoggerMessageAttribute[] Messages =
        [.. typeof(Log).GetMethods().Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>()];

    [Test]
    public void Every_message_has_an_id_of_its_own() =>
        Assert.That(Messages.Select(message => message.EventId), Is.Unique.And.All.GreaterThan(0));

    [Test]
    public void Every_message_has_a_name_of_its_own_in_snake_case() =>
        Assert.That(Messages.Select(message => message.EventName), Is.Unique.And.All.Match("^[a-z]+(_[a-z]+)+$"));

    [Test]
    public void The_messages_of_the_requirements_start_with_their_names() =>
        Assert.That(
            Messages.Where(message => message.Level == LogLevel.Information && message.EventName!.StartsWith("cache_cleanup", StringComparison.Ordinal))
                .Select(message => message.Message.Split(" - ")[0]),
            Is.EqualTo((string[])["cache_cleanup_started", "cache_cleanup_executed", "cache_cleanup_stopped"]));

    [Test]
    public void No_message_has_a_hole_for_a_key_a_value_or_a_connection_string() =>
        Assert.That(
            Messages.SelectMany(message => Holes(message.Message)).Distinct(),
            Is.SubsetOf((string[])["Table", "Version", "RetrySeconds", "SqlState", "IntervalSeconds", "DeletedCount", "ElapsedSeconds", "Reason", "Warmer", "Kind", "ErrorType", "Bytes", "MaxValueBytes", "Application", "Other"]));

    [Test]
    public void The_count_of_a_cleanup_is_a_value_of_its_own()
    {
        var logs = new FakeLogCollector();
        using var loggers = new LoggerFactory([new FakeLoggerProvider(logs)]);

        new Log(loggers).CleanupExecuted(new TableName("public", "t"), 42, 0.5);

        var record = logs.LatestRecord;
        Assert.That(record.Category, Is.EqualTo("SolidCache.Postgres"));
        Assert.That(record.Id, Is.EqualTo(new EventId(301, "cache_cleanup_executed")));
        Assert.That(record.GetStructuredStateValue("DeletedCount"), Is.EqualTo("42"));
        Assert.That(record.Message, Is.EqualTo("cache_cleanup_executed - deleted_count=42, cache public.t, 0.5 seconds"));
    }

    private static IEnumerable<string> Holes(string message) =>
        message.Split('{').Skip(1).Select(part => part[..part.IndexOf('}', StringComparison.Ordinal)]);
}
