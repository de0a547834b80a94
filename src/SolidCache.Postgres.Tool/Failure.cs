using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using SolidCache.Postgres.Sql;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool;

/// <summary>What is told of an error: one line that names neither passwords nor connection strings.</summary>
/// <param name="Message">Empty when nothing is left to say.</param>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
internal sealed partial record Failure(string Message, int Code)
{
    /// <summary>EPIPE: whoever read the output has gone.</summary>
    private const int BrokenPipe = 32;

    /// <summary>The names of the library's options, which say nothing to somebody who typed a command, and what takes their place. Pinned by tests.</summary>
    private static readonly (string Library, string Tool)[] Terms =
    [
        ("SchemaName or TableName:", "--schema or --table:"),
        ("PostgresSolidCacheOptions.TableName or SchemaName", "--table or --schema"),
        ("KeyPrefix:", "--key-prefix:"),
        ("UnloggedTable is True, but", "--unlogged was given, but"),
        ("set CreateSchemaIfNotExists = false;", "let that role run solid-cache migrate;"),
        (" (OperationTimeout)", ""),
        ("; it is tried again.", "; then run this again."),
        (" A cache that is to read only has ReadOnly = true.", ""),
        (", or null to use the registered NpgsqlDataSource", ""),
        ("use a data source with Multiplexing=true", "use Multiplexing=true"),
        ("Set PostgresSolidCacheOptions.ConnectionString without it, or register a data source for the cache under its key", "Leave it out"),
        ("connection string or data source", "connection string"),
        ("ConnectionString", "The connection string"),
        ("Update the package SolidCache.Postgres.", "Run dotnet tool update SolidCache.Postgres.Tool."),
    ];

    /// <returns>Null for an error that is a defect of the tool.</returns>
    public static Failure? Of(Exception error) => error switch
    {
        OperationCanceledException => new("", ExitCode.Interrupted),
        SetupException => new(error.Message, ExitCode.NotConfigured),
        SolidCacheException { InnerException: { } cause } when IsOfAFile(cause) || (cause is NpgsqlException && cause.InnerException is { } inner && IsOfAFile(inner)) =>
            new(InTermsOfTheTool(error.Message), ExitCode.NotConfigured),
        SolidCacheException refusal => new(InTermsOfTheTool(error.Message), IsOfTheWay(refusal) ? ExitCode.Unavailable : ExitCode.Refused),
        PostgresException { SqlState: ['2', '8', ..] } login => new($"The server refuses the login: {ConnectionValues.Told(login.SqlState, login.MessageText)}", ExitCode.Unavailable),
        PostgresException server => new($"The server refuses ({server.SqlState}): {InTermsOfTheTool(ConnectionValues.Told(server.SqlState, server.MessageText))}", ExitCode.Refused),
        _ when ConfigurationErrors.IsWithoutTls(error) => new(InTermsOfTheTool(ConfigurationErrors.HowToHaveTls), ExitCode.Unavailable),
        NpgsqlException or TimeoutException => new($"The server does not answer: {InTermsOfTheTool(error.Message)}", ExitCode.Unavailable),
        OptionsValidationException options => new(InTermsOfTheTool(string.Join(" ", options.Failures)), IsOfTheConnection(options) ? ExitCode.NotConfigured : ExitCode.Usage),
        // As `head` does when it has enough: the next word of any program would be of use to nobody.
        IOException { HResult: BrokenPipe } => new("", ExitCode.NotWritten),
        IOException or UnauthorizedAccessException => new($"The output cannot be written: {error.Message}", ExitCode.NotWritten),
        ArgumentException argument => new(InTermsOfTheTool(argument.Message), ExitCode.Usage),
        _ => null,
    };

    /// <summary>Whether the connection string is to blame, wherever it was found.</summary>
    private static bool IsOfTheConnection(OptionsValidationException error) => error.Failures.All(static failure => failure.StartsWith("ConnectionString", StringComparison.Ordinal));

    /// <summary>Whether a certificate or a key cannot be read.</summary>
    private static bool IsOfAFile(Exception error) => error is FileNotFoundException or UnauthorizedAccessException or CryptographicException;

    /// <summary>Whether the server was not reached, or refused the login, rather than the statement.</summary>
    private static bool IsOfTheWay(SolidCacheException error) =>
        error is { IsTransient: true } or { InnerException: PostgresException { SqlState: ['2', '8', ..] } or NpgsqlException and not PostgresException };

    /// <summary>How an application brings its schema up to date is of no use here: the tool has a command for it.</summary>
    private static string InTermsOfTheTool(string message)
    {
        var advice = message.IndexOf("Either let the library do it", StringComparison.Ordinal);
        var text = advice < 0 ? message : message[..advice] + "Run solid-cache migrate as the tables' owner, or the script of solid-cache migrate --script.";
        return Terms.Aggregate(Parameter().Replace(text, ""), static (text, term) => text.Replace(term.Library, term.Tool, StringComparison.Ordinal));
    }

    [GeneratedRegex(@" \(Parameter '\w+'\)")]
    private static partial Regex Parameter();
}
