using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace SolidCache.Postgres.Tests.Health;

/// <summary>How the check is registered.</summary>
public sealed class HealthCheckRegistrationTests
{
    private static readonly SolidCacheStatistics Empty = new()
    {
        TotalEntries = 0,
        ExpiredEntries = 0,
        OverdueEntries = 0,
        TotalSizeBytes = 0,
        LiveBytes = 0,
        IsEstimate = false,
        TimeSinceLastSweep = null,
    };

    [Test]
    public async Task It_checks_the_registered_cache_under_its_usual_name()
    {
        var report = await ReportAsync(services =>
        {
            services.AddSingleton<ISolidCache>(Cache(Empty));
            services.AddHealthChecks().AddPostgresSolidCache();
        });

        Assert.That(report.Entries["solid_cache"].Status, Is.EqualTo(HealthStatus.Healthy));
    }

    [Test]
    public async Task It_checks_a_keyed_cache_with_thresholds_name_and_tags_of_its_own()
    {
        var report = await ReportAsync(services =>
        {
            services.AddSingleton<ISolidCache>(Cache(Empty));
            services.AddKeyedSingleton<ISolidCache>("sessions", Cache(Empty with { OverdueEntries = 6 }));
            services.AddHealthChecks().AddPostgresSolidCache(
                "sessions check", "sessions", HealthStatus.Degraded, ["ready"], options => options.MaxOverdueEntries = 5);
        });

        var entry = report.Entries["sessions check"];
        Assert.That(entry.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(entry.Description, Does.StartWith("6 entries expired").And.Contain("(allowed: 5)"));
        Assert.That(entry.Tags, Is.EqualTo((string[])["ready"]));
    }

    [TestCase(null, "there is none without a key. Name the key of one, AddHealthChecks().AddPostgresSolidCache(serviceKey: \"...\")")]
    [TestCase("sessions", "there is none under the key 'sessions'")]
    public void A_check_without_its_cache_says_what_to_register(string? serviceKey, string told)
    {
        var services = new ServiceCollection();
        services.AddHealthChecks().AddPostgresSolidCache(serviceKey: serviceKey);
        using var provider = services.BuildServiceProvider();
        var registration = provider.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Single();

        Assert.That(() => registration.Factory(provider), Throws.InvalidOperationException.With.Message.Contains(told));
    }

    [Test]
    public void The_failure_status_is_unhealthy_unless_another_is_given()
    {
        var services = new ServiceCollection();
        services.AddHealthChecks().AddPostgresSolidCache().AddPostgresSolidCache("other", failureStatus: HealthStatus.Degraded);
        using var provider = services.BuildServiceProvider();
        var registrations = provider.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations;

        Assert.That(registrations.Select(registration => registration.FailureStatus), Is.EqualTo((HealthStatus[])[HealthStatus.Unhealthy, HealthStatus.Degraded]));
    }

    [Test]
    public void Values_at_the_ends_of_their_ranges_are_accepted()
    {
        var builder = new ServiceCollection().AddHealthChecks();

        Assert.That(
            () => builder
                .AddPostgresSolidCache("low", configure: options =>
                {
                    options.MaxOverdueEntries = 0;
                    options.MaxLiveBytes = 1;
                    options.Timeout = TimeSpan.FromMilliseconds(10);
                })
                .AddPostgresSolidCache("high", configure: options =>
                {
                    options.MaxOverdueEntries = long.MaxValue;
                    options.MaxLiveBytes = long.MaxValue;
                    options.Timeout = TimeSpan.FromMinutes(1);
                }),
            Throws.Nothing);
    }

    [Test]
    public void Values_beyond_their_ranges_are_refused_at_registration()
    {
        Refused(options => options.MaxOverdueEntries = -1, "options.MaxOverdueEntries");
        Refused(options => options.MaxLiveBytes = 0, "options.MaxLiveBytes");
        Refused(options => options.Timeout = TimeSpan.FromMilliseconds(9), "options.Timeout");
        Refused(options => options.Timeout = TimeSpan.FromMinutes(1) + TimeSpan.FromTicks(1), "options.Timeout");
        Refused(options => options.Timeout = Timeout.InfiniteTimeSpan, "options.Timeout");

        static void Refused(Action<PostgresSolidCacheHealthOptions> configure, string parameter) =>
            Assert.That(
                () => new ServiceCollection().AddHealthChecks().AddPostgresSolidCache(configure: configure),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo(parameter));
    }

    [Test]
    public void A_null_builder_is_refused() =>
        Assert.That(
            () => default(IHealthChecksBuilder)!.AddPostgresSolidCache(),
            Throws.ArgumentNullException.With.Property("ParamName").EqualTo("builder"));

    private static StubSolidCache Cache(SolidCacheStatistics statistics) => new(_ => Task.FromResult(statistics));

    private static async Task<HealthReport> ReportAsync(Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        register(services);
        await using var provider = services.BuildServiceProvider();
        return await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();
    }
}
