using Npgsql;
using SolidCache.Postgres.Tool.Connecting;

namespace SolidCache.Postgres.Tool;

/// <summary>What is told of an error: one line that names neither passwords nor connection strings.</summary>
/// <param name="Message">Empty when nothing is left to say.</param>
/// <param name="Code">One of <see cref="ExitCode"/>.</param>
internal sealed record Failure(string Message, int Code)
{
    /// <returns>Null for an error that is a defect of the tool.</returns>
    public static Failure? Of(Exception error) => error switch
    {
        OperationCanceledException => new("", ExitCode.Interrupted),
        SetupException => new(error.Message, ExitCode.NotConfigured),
        SolidCacheException => new(OneLine(error.Message), ExitCode.Refused),
        PostgresException { SqlState: ['2', '8', ..] } login => new($"The server refuses the login: {OneLine(login.MessageText)}", ExitCode.Unavailable),
        PostgresException server => new($"The server refuses ({server.SqlState}): {OneLine(server.MessageText)}", ExitCode.Refused),
        NpgsqlException or TimeoutException => new($"The server does not answer: {OneLine(error.Message)}", ExitCode.Unavailable),
        ArgumentException or Microsoft.Extensions.Options.OptionsValidationException => new(OneLine(error.Message), ExitCode.Usage),
        _ => null,
    };

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
