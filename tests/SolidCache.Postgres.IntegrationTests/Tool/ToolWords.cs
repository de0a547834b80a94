using Npgsql;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;
using SolidCache.Postgres.Schema;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tool;

namespace SolidCache.Postgres.IntegrationTests.Tool;

/// <summary>What the library says to those who write an application is told in the words of the command line.</summary>
public sealed class ToolWords
{
    private static readonly TableName Table = new("public", "solid_cache_entries");
    private static readonly SqlNames Names = new(Table);

    private static IEnumerable<Exception> Errors() =>
    [
        new SolidCacheException(ConfigurationErrors.Missing(Table)),
        new SolidCacheException(ConfigurationErrors.Missing(Table, "solid_cache_state")),
        new SolidCacheException(ConfigurationErrors.MissingRow(Names, 1)),
        ConfigurationErrors.UnknownHost(new IOException("unknown"), "Host=db.invalid", Table),
        ConfigurationErrors.PoolExhausted(new IOException("exhausted"), "Host=db", Table),
        .. ((string[])["25006", "53300"]).Select(Said).Select(error => ErrorCopy.Of(error, Table, ConfigurationErrors.Advice(error))),
        .. ((string[])["42501", "28P01", "28000", "3D000", "42P01"]).Select(state => new SolidCacheException(ConfigurationErrors.Explain(Said(state), Table)!)),
        .. Refusals().Select(refusal => new SolidCacheException(refusal!)),
        new CallClock(TimeSpan.FromSeconds(5), TimeProvider.System, Table).OutOfTime(),
        .. ((string[])["", " ", "Hots=1", "Host=db;Multiplexing=true"]).Select(Invalid),
    ];

    private static IEnumerable<string?> Refusals()
    {
        var refusal = new SchemaRefusal(Names, createSchema: true);
        var ours = string.Join('\n', CacheColumns.Entries.Where(static column => column.IsMark).Select(static column => column.Text));
        var entries = new FoundObject("entries", "r", "app", IsOwnerTrusted: true, IsReplaceable: true, ours, Fits: true, IsCurrent: true, Oddity: null, "1", IsLogged: false);
        var routine = entries with { Part = "routine", Kind = "f", Description = "cleanup_expired_cache() RETURNS integer" };
        return ((FoundObject[])
        [
            entries with { Description = "id bigint" }, entries with { Kind = "v" }, entries with { Fits = false }, entries with { IsCurrent = false },
            entries with { Oddity = "the rule away" }, entries with { IsOwnerTrusted = false }, routine with { IsOwnerTrusted = false, Owner = "neighbour" }, routine with { Fits = false },
        ]).Select(found => refusal.Of(new FoundSchema("UTF8", "server", IsForSuperuser: false, UnsafePlace: null, IsDistributed: false, [found])))
            .Append(refusal.Of(new FoundSchema("LATIN1", "server", IsForSuperuser: false, UnsafePlace: null, IsDistributed: false, [])))
            .Append(refusal.Of(new FoundSchema("UTF8", "server", IsForSuperuser: false, UnsafePlace: null, IsDistributed: true, [entries])));
    }

    [TestCaseSource(nameof(Errors))]
    public void No_message_names_what_a_command_line_does_not_have(Exception error)
    {
        var told = Failure.Of(error)!.Message;

        Assert.That(told, Is.Not.Empty);
        Assert.That(
            typeof(PostgresSolidCacheOptions).GetProperties().Select(option => option.Name).Concat((string[])["PostgresSolidCacheOptions", "NpgsqlDataSource", "data source", "GetScript", "register"])
                .Where(word => System.Text.RegularExpressions.Regex.IsMatch(told, $@"(?<!\w){word}(?!\w)")),
            Is.Empty,
            told);
    }

    private static PostgresException Said(string state) => new("said", "ERROR", "ERROR", state);

    private static Exception Invalid(string connectionString) => Assert.Catch(() => PostgresSolidCache.Create(connectionString))!;
}
