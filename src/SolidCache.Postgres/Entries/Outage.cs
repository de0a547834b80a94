using System.Diagnostics.CodeAnalysis;
using System.Runtime.ExceptionServices;

namespace SolidCache.Postgres.Entries;

/// <summary>
/// Marks an error, where it arises, as one of the server or of the way to it: it passes by itself, and is no call's own. Who gives errors to callers
/// takes it off; nobody else judges errors by their type.
/// </summary>
[SuppressMessage("Design", "CA1032", Justification = "It marks an error, and nothing else.")]
[SuppressMessage("Design", "CA1064", Justification = "It never leaves the library.")]
internal sealed class Outage(Exception cause) : Exception(cause.Message, cause)
{
    public Exception Cause => InnerException!;

    /// <summary>Gets a value indicating whether an answer was waited for in vain, for as long as the call may.</summary>
    public bool TookItsTime => Cause is TimeoutException;

    /// <summary>Takes the mark off.</summary>
    [DoesNotReturn]
    public void ThrowCause() => ExceptionDispatchInfo.Throw(Cause);
}
