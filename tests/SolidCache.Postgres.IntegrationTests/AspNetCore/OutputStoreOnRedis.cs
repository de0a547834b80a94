using Microsoft.AspNetCore.OutputCaching;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.AspNetCore;

/// <summary>The contract is that of ASP.NET Core's own store, and not one that we made up.</summary>
[Category(OneServer.Category)]
public sealed class OutputStoreOnRedis : OutputStoreContract
{
    private RedisProcess _redis = null!;
    private ServiceProvider _services = null!;
    private ServiceProvider _otherServices = null!;

    protected override IOutputCacheBufferStore Store => (IOutputCacheBufferStore)_services.GetRequiredService<IOutputCacheStore>();

    protected override IOutputCacheBufferStore OtherStore => (IOutputCacheBufferStore)_otherServices.GetRequiredService<IOutputCacheStore>();

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _redis = await RedisProcess.StartAsync();
        (_services, _otherServices) = (NewServices(), NewServices());
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _services.DisposeAsync();
        await _otherServices.DisposeAsync();
        _redis.Dispose();
    }

    /// <summary>That store's eviction does not wait for its deletes: what is answered after them on the same connection shows that they are done.</summary>
    protected override async ValueTask EvictByOtherNodeAsync(string tag)
    {
        await base.EvictByOtherNodeAsync(tag);
        await OtherStore.GetAsync(NewName(), default);
    }

    private ServiceProvider NewServices() =>
        new ServiceCollection().AddLogging().AddStackExchangeRedisOutputCache(options => options.Configuration = _redis.ConnectionString).BuildServiceProvider();
}
