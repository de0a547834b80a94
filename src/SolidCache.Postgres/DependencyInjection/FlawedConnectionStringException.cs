using System.Diagnostics.CodeAnalysis;

namespace SolidCache.Postgres.DependencyInjection;

/// <summary>A connection string cannot be used; the message says why, and nothing of its values.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Always with a message.")]
internal sealed class FlawedConnectionStringException(string message) : FormatException(message);
