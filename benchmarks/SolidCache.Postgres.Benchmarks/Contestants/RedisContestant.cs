using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.StackExchangeRedis;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;
using StackExchange.Redis;

namespace SolidCache.Postgres.Benchmarks.Contestants;

/// <summary>Redis behind <c>AddStackExchangeRedisCache</c>: one multiplexer for the whole process, as its users have it.</summary>
internal sealed class RedisContestant : IContestant
{
    private readonly RedisCache _cache;
    private ConnectionMultiplexer? _observer;

    public RedisContestant()
    {
        var configuration = ConfigurationOptions.Parse(ServerAddresses.Redis);
        configuration.ClientName = nameof(ContestantName.Redis);
        _cache = new RedisCache(new RedisCacheOptions { ConfigurationOptions = configuration });
    }

    public ContestantName Name => ContestantName.Redis;

    public IDistributedCache Filler => _cache;

    public IDistributedCache CacheFor(KeySpace keys) => _cache;

    public async Task CreateAsync()
    {
        var configuration = ConfigurationOptions.Parse(ServerAddresses.Redis);
        configuration.AllowAdmin = true;
        _observer = await ConnectionMultiplexer.ConnectAsync(configuration);
        await ClearAsync();
    }

    /// <summary>One connection serves any number of callers.</summary>
    public Task ReconnectAsync() => Task.CompletedTask;

    public Task ClearAsync() => Server.FlushDatabaseAsync();

    public Task SettleAsync() => Task.CompletedTask;

    /// <summary>All of them: the second, for subscriptions, is idle and there.</summary>
    public async Task<int> CountConnectionsAsync(TimeSpan within) =>
        (await Server.ClientListAsync()).Count(client => client.Name == nameof(ContestantName.Redis));

    public async ValueTask DisposeAsync()
    {
        _cache.Dispose();
        if (_observer is not null)
        {
            await _observer.DisposeAsync();
        }
    }

    private IServer Server => _observer!.GetServers()[0];
}
