namespace SolidCache.Postgres.Hybrid;

/// <summary>An entry in the memory of a process.</summary>
/// <param name="Value">An object that nobody can change, for all who read it; or null.</param>
/// <param name="Bytes">Of what everybody gets an object of his own; or null.</param>
/// <param name="EndsAt">A timestamp.</param>
/// <param name="KnownAt">The version of memory at which it began to be read: what is told later may concern it.</param>
/// <param name="Tags">The names of what is stored, as of keys; null for none.</param>
internal sealed record Remembered(object? Value, byte[]? Bytes, long EndsAt, long KnownAt, string[]? Tags)
{
    public static Remembered Of<T>(T value, byte[] bytes, long endsAt, long knownAt, string[]? tags) =>
        Immutable<T>.Value && value is not null ? new(value, Bytes: null, endsAt, knownAt, tags) : new(Value: null, bytes, endsAt, knownAt, tags);
}
