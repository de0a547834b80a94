namespace SolidCache.Postgres.Entries;

/// <summary>The answer to who wants to make an entry's value.</summary>
/// <param name="State">Whether he may.</param>
/// <param name="Value">The live value, or the old one if it may be served meanwhile; or null.</param>
/// <param name="Age">Of the live value.</param>
internal readonly record struct LeaseAnswer(LeaseState State, byte[]? Value, EntryAge Age = default);
