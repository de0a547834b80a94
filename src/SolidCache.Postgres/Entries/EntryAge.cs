namespace SolidCache.Postgres.Entries;

/// <summary>What is known of a live entry beside its value.</summary>
/// <param name="LifeLeft">How much of its absolute expiration is left, from 0 to 1.</param>
/// <param name="Life">How long it lives if nobody touches it; <see cref="TimeSpan.MaxValue"/> for ever.</param>
/// <param name="Tags">As they are stored; null for none.</param>
internal readonly record struct EntryAge(double LifeLeft, TimeSpan Life, string[]? Tags);
