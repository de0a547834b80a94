using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.Tool.Connecting;

/// <summary>Something is missing before anything can be done; the message says what to set.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Thrown in one place, with a message.")]
internal sealed class SetupException(string message) : Exception(message);
