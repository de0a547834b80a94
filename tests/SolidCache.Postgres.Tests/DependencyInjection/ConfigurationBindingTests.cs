using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.Tests.DependencyInjection;

/// <summary>Options from configuration.</summary>
public sealed class ConfigurationBindingTests
{
    private static readonly Dictionary<string, string?> Section = new()
    {
        ["ConnectionString"] = "Host=db",
        ["SchemaName"] = "s",
        ["TableName"] = "t",
        ["KeyPrefix"] = "app",
        ["CreateSchemaIfNotExists"] = "false",
        ["UnloggedTable"] = "true",
        ["Durability"] = "Full",
        ["DurableKeyPrefixes:0"] = "session:",
        ["DefaultSlidingExpiration"] = "00:05:00",
        ["DefaultAbsoluteExpiration"] = "01:00:00",
        ["ReadOnly"] = "true",
        ["RefreshSlidingExpirationOnGet"] = "false",
        ["SlidingExpirationSlack"] = "0.25",
        ["MaxValueBytes"] = "1000",
        ["CompressValuesFrom"] = "2048",
        ["OperationTimeout"] = "00:00:09",
        ["FailureMode"] = "Degrade",
        ["Coalescing"] = "false",
        ["ReadConnections"] = "3",
        ["WriteConnections"] = "4",
        ["MaxQueuedCalls"] = "500",
        ["PoolerSupportsPreparedStatements"] = "true",
        ["Invalidation:Enabled"] = "true",
        ["Invalidation:Listen"] = "false",
        ["Invalidation:ListenerConnectionString"] = "Host=direct",
        ["Invalidation:PollInterval"] = "00:00:00.1",
        ["Invalidation:MaxStaleness"] = "00:00:07",
        ["Hybrid:Expiration"] = "00:01:00",
        ["Hybrid:LocalCacheExpiration"] = "00:00:30",
        ["Hybrid:Flags"] = "DisableLocalCacheWrite, DisableDistributedCacheRead",
        ["Hybrid:MaximumLocalCacheBytes"] = "2000000",
        ["Hybrid:MaximumKeyLength"] = "100",
        ["Hybrid:MaximumPayloadBytes"] = "900",
        ["Hybrid:ReadBudget"] = "00:00:03",
        ["Hybrid:LeaseWait"] = "00:00:02",
        ["Hybrid:AllowStaleFor"] = "00:00:04",
        ["Hybrid:RefreshBefore"] = "0.2",
        ["Hybrid:ServeUnconfirmed"] = "true",
        ["SweepExpiredEntries"] = "false",
        ["SweepInterval"] = "00:10:00",
        ["SweepMegabytesPerSecond"] = "7",
    };

    private static readonly string[] BothPrefixes = ["__MSFT_HCT__", "session:"];

    [TestCase(null)]
    [TestCase("sessions")]
    public void A_section_sets_every_option(string? serviceKey)
    {
        var options = Bind(Section, serviceKey);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(options.ConnectionString, Is.EqualTo("Host=db"));
            Assert.That(options.SchemaName, Is.EqualTo("s"));
            Assert.That(options.TableName, Is.EqualTo("t"));
            Assert.That(options.KeyPrefix, Is.EqualTo("app"));
            Assert.That(options.CreateSchemaIfNotExists, Is.False);
            Assert.That(options.UnloggedTable, Is.True);
            Assert.That(options.Durability, Is.EqualTo(SolidCacheDurability.Full));
            Assert.That(options.DurableKeyPrefixes, Is.EqualTo(BothPrefixes));
            Assert.That(options.DefaultSlidingExpiration, Is.EqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(options.DefaultAbsoluteExpiration, Is.EqualTo(TimeSpan.FromHours(1)));
            Assert.That(options.ReadOnly, Is.True);
            Assert.That(options.RefreshSlidingExpirationOnGet, Is.False);
            Assert.That(options.SlidingExpirationSlack, Is.EqualTo(0.25));
            Assert.That(options.MaxValueBytes, Is.EqualTo(1_000));
            Assert.That(options.CompressValuesFrom, Is.EqualTo(2_048));
            Assert.That(options.OperationTimeout, Is.EqualTo(TimeSpan.FromSeconds(9)));
            Assert.That(options.FailureMode, Is.EqualTo(SolidCacheFailureMode.Degrade));
            Assert.That(options.Coalescing, Is.False);
            Assert.That(options.ReadConnections, Is.EqualTo(3));
            Assert.That(options.WriteConnections, Is.EqualTo(4));
            Assert.That(options.MaxQueuedCalls, Is.EqualTo(500));
            Assert.That(options.PoolerSupportsPreparedStatements, Is.True);
            Assert.That(options.Invalidation, Is.EqualTo(new SolidCacheInvalidationOptions
            {
                Enabled = true,
                Listen = false,
                ListenerConnectionString = "Host=direct",
                PollInterval = TimeSpan.FromMilliseconds(100),
                MaxStaleness = TimeSpan.FromSeconds(7),
            }));
            Assert.That(options.Hybrid, Is.EqualTo(new SolidCacheHybridOptions
            {
                Expiration = TimeSpan.FromMinutes(1),
                LocalCacheExpiration = TimeSpan.FromSeconds(30),
                Flags = HybridCacheEntryFlags.DisableLocalCacheWrite | HybridCacheEntryFlags.DisableDistributedCacheRead,
                MaximumLocalCacheBytes = 2_000_000,
                MaximumKeyLength = 100,
                MaximumPayloadBytes = 900,
                ReadBudget = TimeSpan.FromSeconds(3),
                LeaseWait = TimeSpan.FromSeconds(2),
                AllowStaleFor = TimeSpan.FromSeconds(4),
                RefreshBefore = 0.2,
                ServeUnconfirmed = true,
            }));
            Assert.That(options.SweepExpiredEntries, Is.False);
            Assert.That(options.SweepInterval, Is.EqualTo(TimeSpan.FromMinutes(10)));
            Assert.That(options.SweepMegabytesPerSecond, Is.EqualTo(7));
        }
    }

    [Test]
    public void No_option_is_missing_from_this_test() =>
        Assert.That(
            Section.Keys.Select(key => key.Split(':')[0]).Distinct(),
            Is.EquivalentTo(typeof(PostgresSolidCacheOptions).GetProperties()
                .Where(property => !typeof(Delegate).IsAssignableFrom(property.PropertyType))
                .Select(property => property.Name)));

    [Test]
    public void Every_option_is_copied_from_another_cache()
    {
        var (other, copy, defaults) = (Bind(Section, serviceKey: null), new PostgresSolidCacheOptions(), new PostgresSolidCacheOptions());
        other.OnDegraded = _ => { };

        copy.CopyFrom(other);

        foreach (var property in typeof(PostgresSolidCacheOptions).GetProperties())
        {
            Assert.That(property.GetValue(copy), Is.EqualTo(property.GetValue(other)).And.Not.EqualTo(property.GetValue(defaults)), property.Name);
        }

        Assert.That(copy.DurableKeyPrefixes, Is.Not.SameAs(other.DurableKeyPrefixes));
    }

    [Test]
    public void What_the_section_leaves_out_keeps_its_default()
    {
        var defaults = new PostgresSolidCacheOptions();

        var options = Bind([], serviceKey: null);

        foreach (var property in typeof(PostgresSolidCacheOptions).GetProperties())
        {
            Assert.That(property.GetValue(options), Is.EqualTo(property.GetValue(defaults)), property.Name);
        }
    }

    [TestCase("SweepIntervall", "00:10:00", "SolidCache:SweepIntervall is no option of the cache; the nearest is SweepInterval")]
    [TestCase("ConectionString", "x", "SolidCache:ConectionString is no option of the cache; the nearest is ConnectionString")]
    [TestCase("Ttl", "x", "SolidCache:Ttl is no option of the cache, which has C")]
    [TestCase("OnDegraded", "x", "SolidCache:OnDegraded cannot be configured: it is set in code")]
    [TestCase("SweepInterval", "5", "SolidCache:SweepInterval is '5', which has no unit and would be days; it must be hours:minutes:seconds, as 00:00:05 is five seconds")]
    [TestCase("DefaultSlidingExpiration", "20", "SolidCache:DefaultSlidingExpiration is '20'")]
    [TestCase("OperationTimeout", "5s", "SolidCache:OperationTimeout is '5s'; it must be hours:minutes:seconds, as 00:00:05 is five seconds, or days.hours:minutes:seconds")]
    [TestCase("OperationTimeout", "00:00:99:99", "SolidCache:OperationTimeout is '00:00:99:99'; it must be hours:minutes:seconds")]
    [TestCase("SweepInterval", "24:00:00", "SolidCache:SweepInterval is '24:00:00', which would be 24 days; it must be hours:minutes:seconds, as 00:00:05 is five seconds, or days.hours:minutes:seconds with hours up to 23, as 1.00:00:00 is a day")]
    [TestCase("DefaultSlidingExpiration", " 36:00:00", "SolidCache:DefaultSlidingExpiration is ' 36:00:00', which would be 36 days")]
    [TestCase("Hybrid:Expiration", "048:15:00", "SolidCache:Hybrid:Expiration is '048:15:00', which would be 48 days")]
    [TestCase("SweepInterval", "24:00", "SolidCache:SweepInterval is '24:00'; it must be hours:minutes:seconds")]
    [TestCase("FailureMode", "Degraded", "SolidCache:FailureMode is 'Degraded'; it must be Throw or Degrade")]
    [TestCase("FailureMode", "Throw,Degrade", "SolidCache:FailureMode is 'Throw,Degrade'; it must be Throw or Degrade")]
    [TestCase("ReadConnections", "two", "SolidCache:ReadConnections is 'two'; it must be a whole number")]
    [TestCase("MaxValueBytes", "64MB", "SolidCache:MaxValueBytes is '64MB'; it must be a whole number")]
    [TestCase("Coalescing", "yes", "SolidCache:Coalescing is 'yes'; it must be true or false")]
    [TestCase("SlidingExpirationSlack", "a tenth", "SolidCache:SlidingExpirationSlack is 'a tenth'; it must be a number")]
    [TestCase("SlidingExpirationSlack", "0,1", "SolidCache:SlidingExpirationSlack is '0,1'; it must be a number, as 0.5")]
    [TestCase("Hybrid:RefreshBefore", "0,5", "SolidCache:Hybrid:RefreshBefore is '0,5'; it must be a number, as 0.5")]
    [TestCase("SweepMegabytesPerSecond", "1,000", "SolidCache:SweepMegabytesPerSecond is '1,000'; it must be ")]
    [TestCase("MaxValueBytes", "1,000", "SolidCache:MaxValueBytes is '1,000'; it must be a whole number")]
    [TestCase("Hybrid:MaximumLocalCacheBytes", "1GB", "SolidCache:Hybrid:MaximumLocalCacheBytes is '1GB'; it must be a whole number")]
    [TestCase("Invalidation", "true", "SolidCache:Invalidation is 'true', and is no option but a section, which has Enabled, Listen,")]
    [TestCase("Hybrid", "00:05:00", "SolidCache:Hybrid is '00:05:00', and is no option but a section, which has Expiration,")]
    [TestCase("DurableKeyPrefixes", "user:", "SolidCache:DurableKeyPrefixes is 'user:', and is a list; it must be [\"user:\"], or SolidCache:DurableKeyPrefixes:0")]
    [TestCase("TableName:Name", "t", "SolidCache:TableName is a section, and must be a value")]
    public void What_binding_passes_over_is_refused(string key, string value, string told) =>
        Assert.That(() => Bind(new() { [key] = value }, "sessions"), Throws.TypeOf<OptionsValidationException>().With.Message.StartsWith(told));

    [TestCase("23:59:59", 0.999988)]
    [TestCase("1.00:00:00", 1)]
    [TestCase("7.00:00", 7)]
    [TestCase("1:12:00:00", 1.5)]
    public void Days_are_taken_where_they_are_said(string value, double days) =>
        Assert.That(Bind(new() { ["SweepInterval"] = value }, "sessions").SweepInterval.TotalDays, Is.EqualTo(days).Within(0.00001));

    [Test]
    public void A_whole_configuration_may_hold_more()
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection([new("Logging:LogLevel:Default", "Warning"), new("tablename", "t")]).Build();
        using var provider = new ServiceCollection().AddPostgresSolidCache(root).BuildServiceProvider();

        Assert.That(provider.GetRequiredService<IOptions<PostgresSolidCacheOptions>>().Value.TableName, Is.EqualTo("t"));
    }

    /// <summary>What somebody copies from the page changes nothing, and lists everything.</summary>
    [Test]
    public void The_documented_settings_are_all_options_at_their_defaults()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "configuration.md"));
        var json = page.Split("```json\n")[1].Split("```")[0];
        using var stream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(json));
        var section = new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("SolidCache");
        using var provider = new ServiceCollection().AddPostgresSolidCache(section).BuildServiceProvider();
        var (options, defaults) = (provider.GetRequiredService<IOptions<PostgresSolidCacheOptions>>().Value, new PostgresSolidCacheOptions());

        Assert.That(section.GetChildren().Select(child => child.Key), Is.EquivalentTo(Section.Keys.Select(key => key.Split(':')[0]).Distinct()));
        foreach (var property in typeof(PostgresSolidCacheOptions).GetProperties())
        {
            Assert.That(property.GetValue(options), Is.EqualTo(property.GetValue(defaults)), property.Name);
            Assert.That(page, Does.Contain($"`{property.Name}`"));
        }
    }

    private static PostgresSolidCacheOptions Bind(Dictionary<string, string?> values, string? serviceKey)
    {
        var section = new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create("SolidCache:" + value.Key, value.Value)))
            .Build()
            .GetSection("SolidCache");
        var services = new ServiceCollection();
        if (serviceKey is null)
        {
            services.AddPostgresSolidCache(section);
        }
        else
        {
            services.AddKeyedPostgresSolidCache(serviceKey, section);
        }

        using var provider = services.BuildServiceProvider();
        return provider.GetRequiredService<IOptionsMonitor<PostgresSolidCacheOptions>>().Get(serviceKey);
    }
}
