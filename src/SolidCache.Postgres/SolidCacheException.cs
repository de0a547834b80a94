using SolidCache.Postgres.Diagnostics;

namespace SolidCache.Postgres;

/// <summary>
/// The cache cannot work with what it found in the database: a missing table, missing rights, an incompatible schema. The message
/// says what to do; where the server reported an error, it is the <see cref="Exception.InnerException"/>. With <see cref="IsTransient"/>
/// the call was refused without asking the server, which has failed just before, or does not keep up, and the message says what it failed with; or the
/// name of the server's host was not found.
/// </summary>
/// <remarks>
/// Failures that the server or the way to it reported and that pass by themselves (a lost connection, no connection left) are Npgsql's own
/// exceptions; a call that ran out of time ends with a <see cref="TimeoutException"/>.
/// </remarks>
public sealed class SolidCacheException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="SolidCacheException"/> class.</summary>
    public SolidCacheException()
    {
    }

    /// <summary>Initializes a new instance of the <see cref="SolidCacheException"/> class.</summary>
    /// <param name="message">What is wrong and what to do; names that others chose are in it, and control characters in them are replaced.</param>
    public SolidCacheException(string message)
        : base(Told(message))
    {
    }

    /// <summary>Initializes a new instance of the <see cref="SolidCacheException"/> class.</summary>
    /// <param name="message">What is wrong and what to do; names that others chose are in it, and control characters in them are replaced.</param>
    /// <param name="innerException">What the server reported.</param>
    public SolidCacheException(string message, Exception innerException)
        : base(Told(message), innerException)
    {
    }

    /// <summary>Gets a value indicating whether the same call may succeed a little later, without anybody changing anything.</summary>
    public bool IsTransient { get; internal init; }

    /// <summary>Gets a value indicating whether the schema can never fit this library and its options, so that waiting does not help.</summary>
    internal bool IsMismatch { get; init; }

    private static string? Told(string? message) => message is null ? null : Printable.Line(message);
}
