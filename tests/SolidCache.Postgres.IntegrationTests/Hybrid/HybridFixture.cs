using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Hybrid;

/// <summary>Two nodes with a <see cref="HybridCache"/> over one table: Microsoft's over our <c>IDistributedCache</c>, or ours. What their tests expect of both is Microsoft's contract.</summary>
[TestFixture(WhoseHybridCache.Microsofts)]
[TestFixture(WhoseHybridCache.Ours)]
public abstract class HybridFixture(WhoseHybridCache whose)
{
    private readonly List<CacheHost> _nodes = [];

    protected bool IsOurs { get; } = whose == WhoseHybridCache.Ours;

    protected TestDatabase Database { get; private set; } = null!;

    protected CacheHost Node { get; private set; } = null!;

    protected CacheHost OtherNode { get; private set; } = null!;

    protected HybridCache Cache => Of(Node);

    protected HybridCache OtherCache => Of(OtherNode);

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Database = await TestDatabase.CreateAsync();
        Node = await StartNodeAsync();
        OtherNode = await StartNodeAsync();
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }

        await Database.DisposeAsync();
    }

    protected static HybridCache Of(CacheHost node) => node.Services.GetRequiredService<HybridCache>();

    protected static string NewKey() => $"hybrid:{Guid.NewGuid():N}";

    protected static HybridCacheEntryOptions With(HybridCacheEntryFlags flags) => new() { Flags = flags };

    /// <summary>Waits until an entry is in the table: Microsoft's returns before it is.</summary>
    protected Task StoredAsync(string key) => Eventually.TrueAsync(() => Node.Cache.ExistsAsync(key), "the entry is stored");

    /// <summary>Another node, with options as Microsoft names them.</summary>
    protected async Task<CacheHost> StartNodeAsync(Action<HybridCacheOptions>? configure = null, Action<IServiceCollection>? services = null)
    {
        var asked = new HybridCacheOptions { DefaultEntryOptions = new() };
        configure?.Invoke(asked);
        var node = await CacheHost.StartAsync(Database.ConnectionString, configureServices: all =>
        {
            if (IsOurs)
            {
                all.AddPostgresSolidHybridCache(options =>
                {
                    // A busy machine may look later than after the default's two seconds: then memory is left out.
                    options.Invalidation.MaxStaleness = TimeSpan.FromSeconds(30);
                    Ask(options.Hybrid, asked);
                });
            }
            else
            {
                all.AddHybridCache(options =>
                {
                    (options.MaximumKeyLength, options.MaximumPayloadBytes, options.DefaultEntryOptions) = (asked.MaximumKeyLength, asked.MaximumPayloadBytes, asked.DefaultEntryOptions);
                });
            }

            // Microsoft's takes none of its own where a factory is registered before it.
            services?.Invoke(all);
        });
        _nodes.Add(node);
        if (IsOurs)
        {
            await node.Services.GetRequiredService<ISolidCacheInvalidations>().WaitUntilCurrentAsync();
        }

        return node;
    }

    private static void Ask(SolidCacheHybridOptions options, HybridCacheOptions asked)
    {
        (options.MaximumKeyLength, options.MaximumPayloadBytes) = (asked.MaximumKeyLength, asked.MaximumPayloadBytes);
        options.Expiration = asked.DefaultEntryOptions!.Expiration ?? options.Expiration;
        options.LocalCacheExpiration = asked.DefaultEntryOptions.LocalCacheExpiration;
        options.Flags = asked.DefaultEntryOptions.Flags ?? options.Flags;
    }
}
