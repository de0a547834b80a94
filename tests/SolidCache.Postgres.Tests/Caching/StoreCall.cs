using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Caching;

/// <summary>What a store was asked for; what the verb does not take is null.</summary>
internal sealed record StoreCall(string Verb, CancellationToken Token)
{
    public string? Key { get; init; }

    public bool? Async { get; init; }

    public bool? Slide { get; init; }

    public bool? Durable { get; init; }

    public Expiration? Expiration { get; init; }

    public IReadOnlyList<KeyRange>? Ranges { get; init; }

    public TimeSpan? OverdueAfter { get; init; }
}
