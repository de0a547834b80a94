using Microsoft.Extensions.Caching.Distributed;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>A cache under test, on a store of its own.</summary>
internal interface IContestant : IAsyncDisposable
{
    ContestantName Name { get; }

    /// <summary>Gets what stores the entries that a round finds, outside the measurement.</summary>
    IDistributedCache Filler { get; }

    /// <summary>The cache as an application would set it up that uses such entries.</summary>
    IDistributedCache CacheFor(KeySpace keys);

    /// <summary>Makes the store, empty.</summary>
    Task CreateAsync();

    /// <summary>Closes the connections: a pool would go round all that a case with more callers has left in it.</summary>
    Task ReconnectAsync();

    /// <summary>Removes all entries and gives their space back.</summary>
    Task ClearAsync();

    /// <summary>Leaves the store as it is some time after it was filled.</summary>
    Task SettleAsync();

    /// <summary>How many connections the server has seen at work within the given time.</summary>
    Task<int> CountConnectionsAsync(TimeSpan within);
}
