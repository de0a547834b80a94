using Npgsql;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>
/// What errors are counted by: the server's code if it said one, else the type of the exception. A call that was too late is a time-out whoever said so, and
/// one that a breaker refused is refused, whatever others met.
/// </summary>
internal static class ErrorKind
{
    /// <summary>Whether it is one of those of which docs/reliability.md speaks; others come from a cache that has lost its way.</summary>
    public static bool IsExpected(string kind) => kind is [_, _, _, _, _] or nameof(SolidCacheException) or nameof(NpgsqlException) or nameof(TimeoutException);

    public static string Of(Exception error) => (error is TimeoutException or SolidCacheException { IsTransient: true } ? null : CodeOf(error)) ?? error.GetType().Name;

    private static string? CodeOf(Exception? error) => error switch
    {
        null => null,
        PostgresException server => server.SqlState,
        AggregateException several => several.InnerExceptions.Select(CodeOf).FirstOrDefault(code => code is not null),
        _ => CodeOf(error.InnerException),
    };
}
