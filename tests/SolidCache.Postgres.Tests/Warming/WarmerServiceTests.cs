using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace SolidCache.Postgres.Tests.Warming;

/// <summary>Warmers in a host with a clock that stands still.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WarmerServiceTests
{
    private readonly WatchedTimeProvider _time = new();
    private readonly WarmerProbe _probe = new();

    [Test]
    public async Task A_warmer_runs_once_the_host_has_started_and_not_again()
    {
        using var host = Build();
        Assert.That(_probe.Runs, Is.Zero);
        await host.StartAsync();
        await _probe.NextRunAsync();
        await host.StopAsync();

        Assert.That(_probe.Runs, Is.EqualTo(1));
        Assert.That(Names(host), Is.EqualTo((string[])["cache_warmed"]));
    }

    [Test]
    public async Task The_start_waits_for_no_warmer()
    {
        _probe.Gate = new TaskCompletionSource();
        using var host = Build();

        await host.StartAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await _probe.NextRunAsync();

        Assert.That(Names(host), Is.Empty);
        _probe.Gate.SetResult();
        await host.StopAsync();
    }

    [Test]
    public async Task A_warmer_that_fails_runs_again_after_growing_delays_of_up_to_a_minute()
    {
        _probe.Failures = 7;
        using var host = Build();
        await host.StartAsync();
        var delays = new List<double>();
        for (var failure = 0; failure < 7; failure++)
        {
            var delay = await _time.NextWaitAsync();
            delays.Add(delay.TotalSeconds);
            _time.Advance(delay);
        }

        for (var run = 0; run < 8; run++)
        {
            await _probe.NextRunAsync();
        }

        await host.StopAsync();
        Assert.That(delays, Is.EqualTo((double[])[2, 4, 8, 16, 32, 60, 60]));
        Assert.That(Names(host), Is.EqualTo((string[])[.. Enumerable.Repeat("cache_warming_failed", 7), "cache_warmed"]));
    }

    [Test]
    public async Task Every_attempt_has_a_scope_of_its_own_that_ends_with_it()
    {
        _probe.Failures = 1;
        using var host = Build();
        await host.StartAsync();
        _time.Advance(await _time.NextWaitAsync());
        await _probe.NextRunAsync();
        await _probe.NextRunAsync();
        await host.StopAsync();

        Assert.That(_probe.Made, Is.EqualTo(2));
        Assert.That(_probe.Disposed, Is.EqualTo(2));
    }

    [Test]
    public async Task A_host_that_stops_ends_its_warmers()
    {
        _probe.Gate = new TaskCompletionSource();
        using var host = Build();
        await host.StartAsync();
        await _probe.NextRunAsync();

        await host.StopAsync().WaitAsync(TimeSpan.FromSeconds(30));

        Assert.That(Names(host), Is.Empty, "A warmer that was stopped has neither warmed nor failed.");
    }

    [Test]
    public void A_warmer_that_is_added_twice_runs_once()
    {
        using var host = Build(static services => services.AddSolidCacheWarmer<ProbedWarmer>());

        Assert.That(host.Services.GetServices<IHostedService>(), Has.Exactly(1).InstanceOf<SolidCache.Postgres.Warming.WarmerService<ProbedWarmer>>());
    }

    [Test]
    public async Task Several_warmers_run_side_by_side()
    {
        _probe.Gate = new TaskCompletionSource();
        using var host = Build(static services => services.AddSolidCacheWarmer<OtherWarmer>());
        await host.StartAsync();
        await _probe.NextRunAsync();
        await _probe.NextRunAsync();

        Assert.That(_probe.Runs, Is.EqualTo(2));
        _probe.Gate.SetResult();
        await host.StopAsync();
    }

    private static IEnumerable<string?> Names(IHost host) =>
        host.Services.GetRequiredService<FakeLogCollector>().GetSnapshot().Where(record => record.Category == "SolidCache.Postgres").Select(record => record.Id.Name);

    private IHost Build(Action<IServiceCollection>? configure = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddFakeLogging();
        builder.Services.AddSingleton<TimeProvider>(_time).AddSingleton(_probe).AddSolidCacheWarmer<ProbedWarmer>();
        configure?.Invoke(builder.Services);
        return builder.Build();
    }
}
