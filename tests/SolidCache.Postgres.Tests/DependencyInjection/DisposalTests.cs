using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>Who disposes which data source. One that is disposed refuses in another way than one whose server is away.</summary>
public sealed class DisposalTests
{
    [Test]
    public void The_caches_own_data_source_is_disposed_with_the_container()
    {
        var (provider, cache) = WithOwn();

        provider.Dispose();

        Assert.That(() => cache.Get("k"), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task The_caches_own_data_source_is_disposed_with_the_container_asynchronously()
    {
        var (provider, cache) = WithOwn();

        await provider.DisposeAsync();

        Assert.That(() => cache.Get("k"), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void The_applications_data_source_is_left_alone()
    {
        using var dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);
        var (provider, cache) = WithApplications(dataSource);

        provider.Dispose();

        Assert.That(() => cache.Get("k"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => dataSource.OpenConnection(), Throws.InstanceOf<NpgsqlException>());
    }

    [Test]
    public async Task The_applications_data_source_is_left_alone_asynchronously()
    {
        await using var dataSource = NpgsqlDataSource.Create(AwayDatabase.ConnectionString);
        var (provider, cache) = WithApplications(dataSource);

        await provider.DisposeAsync();

        Assert.That(() => cache.Get("k"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => dataSource.OpenConnection(), Throws.InstanceOf<NpgsqlException>());
    }

    [Test]
    public void The_applications_data_source_of_several_hosts_is_left_alone()
    {
        using var dataSource = NpgsqlDataSource.Create("Host=/nowhere,/neither;Username=nobody");
        var (provider, _) = WithApplications(dataSource);

        provider.Dispose();

        Assert.That(() => dataSource.OpenConnection(), Throws.InstanceOf<NpgsqlException>());
    }

    [Test]
    public void A_cache_that_nobody_asked_for_is_disposed_without_being_made()
    {
        var services = new ServiceCollection();
        services.AddPostgresSolidCache();

        Assert.That(() => services.BuildServiceProvider().Dispose(), Throws.Nothing);
    }

    private static (ServiceProvider Provider, IDistributedCache Cache) WithOwn()
    {
        var services = new ServiceCollection();
        services.AddPostgresSolidCache(options => options.ConnectionString = AwayDatabase.ConnectionString);
        return Resolve(services);
    }

    private static (ServiceProvider Provider, IDistributedCache Cache) WithApplications(NpgsqlDataSource dataSource)
    {
        var services = new ServiceCollection();
        services.AddSingleton(dataSource);
        services.AddPostgresSolidCache();
        return Resolve(services);
    }

    private static (ServiceProvider Provider, IDistributedCache Cache) Resolve(ServiceCollection services)
    {
        var provider = services.BuildServiceProvider();
        var cache = provider.GetRequiredService<IDistributedCache>();
        Assert.That(() => cache.Get("k"), Throws.InstanceOf<NpgsqlException>(), "It works as far as it can.");
        return (provider, cache);
    }
}
