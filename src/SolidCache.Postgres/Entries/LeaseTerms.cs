namespace SolidCache.Postgres.Entries;

/// <summary>What somebody asks for who wants to make an entry's value.</summary>
/// <param name="Id">Names the lease: a number that nobody else has.</param>
/// <param name="Duration">How long it is his unless he renews it.</param>
/// <param name="StaleFor">How long after its end he takes the old value meanwhile.</param>
/// <param name="Tags">Of the value to come, as <see cref="TagSet"/> writes them.</param>
/// <param name="Ahead">Of how much of its life, from 0 to 1, less must be left for him to want it although the old value still lives; 0 for never, more than 1 for always.</param>
internal sealed record LeaseTerms(long Id, TimeSpan Duration, TimeSpan StaleFor, string? Tags, double Ahead);
