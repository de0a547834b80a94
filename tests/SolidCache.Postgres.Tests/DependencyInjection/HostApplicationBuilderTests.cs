using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SolidCache.Postgres.Tests.Diagnostics;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>What <c>builder.AddPostgresSolidCache("cachedb")</c> brings, in the shape of Aspire's client integrations.</summary>
public sealed class HostApplicationBuilderTests
{
    private const string Name = "cachedb";

    [TestCase(false)]
    [TestCase(true)]
    public void The_connection_string_is_found_by_its_name(bool keyed)
    {
        var builder = BuilderOf(("ConnectionStrings:cachedb", AwayDatabase.ConnectionString));
        Add(builder, keyed);
        using var host = builder.Build();

        Assert.That(OptionsOf(host, keyed).ConnectionString, Is.EqualTo(AwayDatabase.ConnectionString));
        Assert.That(host.Services.GetKeyedService<ISolidCache>(keyed ? Name : null), Is.Not.Null.And.SameAs(host.Services.GetKeyedService<IDistributedCache>(keyed ? Name : null)));
        Assert.That(host.Services.GetKeyedService<ISolidCache>(keyed ? null : Name), Is.Null);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void What_is_nearer_to_the_connection_overrides_what_is_farther(bool keyed)
    {
        var builder = BuilderOf(
            ("SolidCache:Postgres:ConnectionString", "Host=all"),
            ("SolidCache:Postgres:KeyPrefix", "all"),
            ("SolidCache:Postgres:SchemaName", "all"),
            ("SolidCache:Postgres:TableName", "all"),
            ("SolidCache:Postgres:MaxValueBytes", "1"),
            ("SolidCache:Postgres:cachedb:ConnectionString", "Host=one"),
            ("SolidCache:Postgres:cachedb:SchemaName", "one"),
            ("SolidCache:Postgres:cachedb:TableName", "one"),
            ("SolidCache:Postgres:cachedb:MaxValueBytes", "2"),
            ("SolidCache:Postgres:another:TableName", "another"),
            ("ConnectionStrings:cachedb", "Host=connection"));
        PostgresSolidCacheSettings? seen = null;
        Add(builder, keyed, settings => (seen, settings.ConnectionString) = (new() { ConnectionString = settings.ConnectionString }, "Host=settings"), options => options.MaxValueBytes = 3);
        using var host = builder.Build();
        var options = OptionsOf(host, keyed);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((options.KeyPrefix, options.SchemaName, options.TableName, options.MaxValueBytes), Is.EqualTo(("all", "one", "one", 3)));
            Assert.That((seen!.ConnectionString, options.ConnectionString), Is.EqualTo(("Host=connection", "Host=settings")));
        }
    }

    [Test]
    public void A_section_holds_the_connection_string_where_there_is_none_by_name()
    {
        var builder = BuilderOf(("SolidCache:Postgres:ConnectionString", "Host=all"), ("SolidCache:Postgres:one:ConnectionString", "Host=one"));
        builder.AddKeyedPostgresSolidCache("one");
        builder.AddKeyedPostgresSolidCache("two");
        using var host = builder.Build();
        var options = host.Services.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>();

        Assert.That((options.Get("one").ConnectionString, options.Get("two").ConnectionString), Is.EqualTo(("Host=one", "Host=all")));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_host_without_the_connection_string_does_not_start_and_says_where_it_was_looked_for(bool keyed)
    {
        var builder = BuilderOf();
        Add(builder, keyed);
        using var host = builder.Build();

        Assert.That(
            async () => await host.StartAsync(),
            Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo(
                "The cache has no connection string: it should be in ConnectionStrings:cachedb, or be the ConnectionString of the section SolidCache:Postgres or SolidCache:Postgres:cachedb"));
    }

    [TestCase("SolidCache:Postgres:SweepIntervall", "SolidCache:Postgres:SweepIntervall is no option of the cache; the nearest is SweepInterval")]
    [TestCase("SolidCache:Postgres:cachedb:DisableMetric", "SolidCache:Postgres:cachedb:DisableMetric is no option of the cache; the nearest is DisableMetrics")]
    [TestCase("SolidCache:Postgres:cachedb:Invalidatoin:Enabled", "SolidCache:Postgres:cachedb:Invalidatoin is no option of the cache; the nearest is Invalidation")]
    [TestCase("SolidCache:Postgres:Hybrid:Expiratoin", "SolidCache:Postgres:Hybrid:Expiratoin is no option of the cache; the nearest is Expiration")]
    public void A_misspelt_setting_is_refused(string key, string told)
    {
        var builder = BuilderOf(("ConnectionStrings:cachedb", "Host=db"), (key, "true"), ("SolidCache:Postgres:DisableTracing", "true"), ("SolidCache:Postgres:another:KeyPrefix", "x"));
        Add(builder, keyed: false);
        using var host = builder.Build();

        Assert.That(() => OptionsOf(host, keyed: false), Throws.TypeOf<OptionsValidationException>().With.Message.EqualTo(told));
    }

    [TestCase(false, "solid_cache")]
    [TestCase(true, "solid_cache_cachedb")]
    public void A_health_check_is_registered_once(bool keyed, string name)
    {
        var builder = BuilderOf(("ConnectionStrings:cachedb", AwayDatabase.ConnectionString));
        Add(builder, keyed);
        Add(builder, keyed);
        builder.Services.AddHealthChecks().AddPostgresSolidCache("solid_cache_cachedb", Name).AddPostgresSolidCache("another");
        using var host = builder.Build();

        var checks = host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.That(checks.Count(check => check.Name == name), Is.EqualTo(1));
        Assert.That(checks.Single(check => check.Name == name).Factory(host.Services), Is.Not.Null);
        Assert.That(host.Services.GetRequiredService<HealthCheckService>(), Is.Not.Null);
    }

    [TestCase("SolidCache:Postgres:DisableHealthChecks")]
    [TestCase("SolidCache:Postgres:cachedb:DisableHealthChecks")]
    public void No_health_check_is_registered_where_that_is_said(string setting)
    {
        var builder = BuilderOf(("ConnectionStrings:cachedb", AwayDatabase.ConnectionString), (setting, "true"));
        Add(builder, keyed: false);
        using var host = builder.Build();

        Assert.That(host.Services.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations ?? [], Is.Empty);
    }

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    public async Task Figures_and_spans_are_made_unless_that_is_said(bool disableMetrics, bool disableTracing)
    {
        var builder = BuilderOf(
            ("ConnectionStrings:cachedb", AwayDatabase.ConnectionString),
            ("SolidCache:Postgres:DisableMetrics", $"{disableMetrics}"),
            ("SolidCache:Postgres:cachedb:DisableTracing", $"{disableTracing}"));
        builder.AddKeyedPostgresSolidCache(Name);
        using var host = builder.Build();
        using var spans = new SpanCollector();
        var figures = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, itself) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, host.Services.GetRequiredService<IMeterFactory>()))
            {
                itself.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, _, _) => figures.Add(instrument.Name));
        listener.Start();

        using var parent = new Activity("test").Start();
        Assert.That(async () => await host.Services.GetRequiredKeyedService<ISolidCache>(Name).GetAsync("key"), Throws.Exception);
        await host.StopAsync();

        Assert.That(figures.Contains("solid_cache.errors"), Is.EqualTo(!disableMetrics));
        Assert.That(spans.Of(parent), disableTracing ? Is.Empty : Is.Not.Empty);
    }

    [Test]
    public void Nulls_and_empty_names_are_refused()
    {
        var builder = BuilderOf();
        var before = builder.Services.Count;

        Assert.That(() => ((IHostApplicationBuilder)null!).AddPostgresSolidCache(Name), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("builder"));
        Assert.That(() => ((IHostApplicationBuilder)null!).AddKeyedPostgresSolidCache(Name), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("builder"));
        Assert.That(() => builder.AddPostgresSolidCache(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("connectionName"));
        Assert.That(() => builder.AddPostgresSolidCache(""), Throws.ArgumentException.With.Property("ParamName").EqualTo("connectionName"));
        Assert.That(() => builder.AddKeyedPostgresSolidCache(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("name"));
        Assert.That(() => builder.AddKeyedPostgresSolidCache(""), Throws.ArgumentException.With.Property("ParamName").EqualTo("name"));
        Assert.That(builder.Services, Has.Count.EqualTo(before));
    }

    private static HostApplicationBuilder BuilderOf(params (string Key, string Value)[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        return builder;
    }

    private static void Add(
        HostApplicationBuilder builder, bool keyed, Action<PostgresSolidCacheSettings>? configureSettings = null, Action<PostgresSolidCacheOptions>? configureOptions = null)
    {
        if (keyed)
        {
            builder.AddKeyedPostgresSolidCache(Name, configureSettings, configureOptions);
        }
        else
        {
            builder.AddPostgresSolidCache(Name, configureSettings, configureOptions);
        }
    }

    private static PostgresSolidCacheOptions OptionsOf(IHost host, bool keyed) =>
        host.Services.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().Get(keyed ? Name : Options.DefaultName);
}
