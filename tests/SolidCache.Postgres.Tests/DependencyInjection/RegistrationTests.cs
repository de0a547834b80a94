using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Caching;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>What a registration brings.</summary>
public sealed class RegistrationTests
{
    private static IEnumerable<string> Unkeyed => Registrations.Unkeyed.Keys;

    private static IEnumerable<string> Keyed => Registrations.Keyed.Keys;

    [TestCaseSource(nameof(Unkeyed))]
    public void All_three_interfaces_are_the_same_instance(string registration)
    {
        using var provider = Registrations.Unkeyed[registration](new ServiceCollection()).BuildServiceProvider();
        var cache = provider.GetRequiredService<ISolidCache>();

        Assert.That(cache, Is.TypeOf<EntryCache>());
        Assert.That(provider.GetRequiredService<IDistributedCache>(), Is.SameAs(cache));
        Assert.That(provider.GetRequiredService<IBufferDistributedCache>(), Is.SameAs(cache));
    }

    [TestCaseSource(nameof(Keyed))]
    public void All_three_interfaces_are_the_same_instance_under_a_key(string registration)
    {
        using var provider = Registrations.Keyed[registration](new ServiceCollection()).BuildServiceProvider();
        var cache = provider.GetRequiredKeyedService<ISolidCache>(Registrations.Key);

        Assert.That(cache, Is.TypeOf<EntryCache>());
        Assert.That(provider.GetRequiredKeyedService<IDistributedCache>(Registrations.Key), Is.SameAs(cache));
        Assert.That(provider.GetRequiredKeyedService<IBufferDistributedCache>(Registrations.Key), Is.SameAs(cache));
        Assert.That(provider.GetService<IDistributedCache>(), Is.Null);
        Assert.That(provider.GetService<ISolidCache>(), Is.Null);
    }

    [TestCaseSource(nameof(Unkeyed))]
    public void A_registration_survives_the_containers_own_validation(string registration) =>
        Assert.That(
            () => Registrations.Unkeyed[registration](new ServiceCollection())
                .BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true })
                .Dispose(),
            Throws.Nothing);

    [Test]
    public void Caches_of_different_keys_are_different()
    {
        var services = new ServiceCollection();
        services.AddPostgresSolidCache(Away).AddKeyedPostgresSolidCache("a", Away).AddKeyedPostgresSolidCache("b", Away);
        using var provider = services.BuildServiceProvider();
        ISolidCache[] caches =
        [
            provider.GetRequiredService<ISolidCache>(),
            provider.GetRequiredKeyedService<ISolidCache>("a"),
            provider.GetRequiredKeyedService<ISolidCache>("b"),
        ];

        Assert.That(caches, Is.Unique);
        Assert.That(provider.GetServices<IHostedService>().ToList(), Has.Count.EqualTo(6).And.Unique);
    }

    [Test]
    public void A_cache_brings_its_hosted_services_once()
    {
        var services = new ServiceCollection();
        services.AddPostgresSolidCache(Away);
        Assert.That(HostedServices(services), Is.EqualTo(2));

        services.AddPostgresSolidCache(options => options.KeyPrefix = "app").AddPostgresSolidCache();
        Assert.That(HostedServices(services), Is.EqualTo(2));

        services.AddKeyedPostgresSolidCache("a", Away).AddKeyedPostgresSolidCache("a");
        Assert.That(HostedServices(services), Is.EqualTo(4));
    }

    [Test]
    public void A_second_registration_adds_configuration_to_the_same_cache()
    {
        var services = new ServiceCollection();
        services.AddPostgresSolidCache(Away).AddPostgresSolidCache(options => options.KeyPrefix = "app");
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptions<PostgresSolidCacheOptions>>().Value;

        Assert.That((options.ConnectionString, options.KeyPrefix), Is.EqualTo((AwayDatabase.ConnectionString, "app")));
        Assert.That(provider.GetServices<ISolidCache>().ToList(), Has.Count.EqualTo(1));
    }

    [Test]
    public void Keyed_options_carry_the_key_as_their_name()
    {
        var services = new ServiceCollection();
        services.AddPostgresSolidCache(options => options.KeyPrefix = "unkeyed");
        services.AddKeyedPostgresSolidCache("a", options => options.KeyPrefix = "of a");
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>();

        Assert.That((options.CurrentValue.KeyPrefix, options.Get("a").KeyPrefix), Is.EqualTo(("unkeyed", "of a")));
    }

    [Test]
    public void Of_several_distributed_caches_the_last_registered_is_the_applications()
    {
        var services = new ServiceCollection();
        services.AddDistributedMemoryCache();
        services.AddPostgresSolidCache(Away);
        using (var provider = services.BuildServiceProvider())
        {
            Assert.That(provider.GetRequiredService<IDistributedCache>(), Is.TypeOf<EntryCache>());
        }

        services.AddSingleton<IDistributedCache, MemoryDistributedCache>();
        using (var provider = services.BuildServiceProvider())
        {
            Assert.That(provider.GetRequiredService<IDistributedCache>(), Is.TypeOf<MemoryDistributedCache>());
        }

        services.AddPostgresSolidCache();
        using (var provider = services.BuildServiceProvider())
        {
            Assert.That(provider.GetRequiredService<IDistributedCache>(), Is.TypeOf<EntryCache>());
        }
    }

    [Test]
    public void Resolving_a_cache_connects_to_nothing()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var port = ((IPEndPoint)server.LocalEndpoint).Port;
        var services = new ServiceCollection();
        services.AddPostgresSolidCache(options => options.ConnectionString = $"Host=127.0.0.1;Port={port};Username=nobody;Minimum Pool Size=1");
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IDistributedCache>();
        _ = provider.GetServices<IHostedService>().ToList();

        Assert.That(server.Pending(), Is.False);
    }

    [Test]
    public void Options_can_be_set_with_the_help_of_other_services()
    {
        var services = new ServiceCollection();
        services.AddSingleton(new Uri("https://example.com/tenant"));
        services.AddPostgresSolidCache((provider, options) => options.KeyPrefix = provider.GetRequiredService<Uri>().Segments[1]);
        services.AddKeyedPostgresSolidCache("a", (provider, options) => options.KeyPrefix = provider.GetRequiredService<Uri>().Host);
        using var provider = services.BuildServiceProvider();
        var options = provider.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>();

        Assert.That((options.CurrentValue.KeyPrefix, options.Get("a").KeyPrefix), Is.EqualTo(("tenant", "example.com")));
    }

    [Test]
    public void Nulls_are_refused()
    {
        var services = new ServiceCollection();
        var none = (IServiceCollection)null!;

        Refused(() => none.AddPostgresSolidCache(), "services");
        Refused(() => none.AddPostgresSolidCache(_ => { }), "services");
        Refused(() => none.AddPostgresSolidCache((_, _) => { }), "services");
        Refused(() => none.AddPostgresSolidCache(new ConfigurationBuilder().Build()), "services");
        Refused(() => none.AddKeyedPostgresSolidCache("a"), "services");
        Refused(() => services.AddPostgresSolidCache((Action<PostgresSolidCacheOptions>)null!), "configure");
        Refused(() => services.AddPostgresSolidCache((Action<IServiceProvider, PostgresSolidCacheOptions>)null!), "configure");
        Refused(() => services.AddPostgresSolidCache((IConfiguration)null!), "configuration");
        Refused(() => services.AddKeyedPostgresSolidCache("a", (Action<PostgresSolidCacheOptions>)null!), "configure");
        Refused(() => services.AddKeyedPostgresSolidCache("a", (Action<IServiceProvider, PostgresSolidCacheOptions>)null!), "configure");
        Refused(() => services.AddKeyedPostgresSolidCache("a", (IConfiguration)null!), "configuration");
        Refused(() => services.AddKeyedPostgresSolidCache(null!), "serviceKey");
        Assert.That(() => services.AddKeyedPostgresSolidCache(""), Throws.ArgumentException.With.Property("ParamName").EqualTo("serviceKey"));
        Assert.That(services, Is.Empty, "A refused registration leaves nothing behind.");

        static void Refused(Action register, string parameter) =>
            Assert.That(register, Throws.ArgumentNullException.With.Property("ParamName").EqualTo(parameter));
    }

    private static void Away(PostgresSolidCacheOptions options) => options.ConnectionString = AwayDatabase.ConnectionString;

    private static int HostedServices(ServiceCollection services) => services.Count(service => service.ServiceType == typeof(IHostedService));
}
