using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace SolidCache.Postgres.Tests.Health;

/// <summary>How statistics and failures are judged.</summary>
public sealed class HealthCheckTests
{
    private static readonly SolidCacheStatistics Fine = new()
    {
        TotalEntries = 12,
        ExpiredEntries = 3,
        OverdueEntries = 2,
        TotalSizeBytes = 49_300,
        LiveBytes = 1_234,
        IsEstimate = false,
        TimeSinceLastSweep = TimeSpan.FromSeconds(61.26),
    };

    [Test]
    public async Task A_cache_that_answers_is_healthy()
    {
        var result = await CheckAsync(Fine);

        Assert.That(result.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(result.Exception, Is.Null);
    }

    [Test]
    public async Task The_data_are_the_statistics()
    {
        var result = await CheckAsync(Fine);

        Assert.That(result.Data, Is.EquivalentTo(new Dictionary<string, object>
        {
            ["total_entries"] = 12L,
            ["expired_entries"] = 3L,
            ["overdue_entries"] = 2L,
            ["total_size_bytes"] = 49_300L,
            ["total_size_kb"] = 48.1,
            ["live_bytes"] = 1_234L,
            ["is_estimate"] = false,
            ["last_sweep_age_seconds"] = 61.3,
        }));
    }

    [Test]
    public async Task Before_the_first_sweep_there_is_no_age_of_it()
    {
        var result = await CheckAsync(Fine with { TimeSinceLastSweep = null, IsEstimate = true });

        Assert.That(result.Status, Is.EqualTo(HealthStatus.Healthy));
        Assert.That(result.Data, Does.Not.ContainKey("last_sweep_age_seconds"));
        Assert.That(result.Data["is_estimate"], Is.True);
    }

    [TestCase(1_000, HealthStatus.Healthy)]
    [TestCase(1_001, HealthStatus.Degraded)]
    public async Task Overdue_entries_degrade_it(long overdue, HealthStatus status)
    {
        var result = await CheckAsync(Fine with { OverdueEntries = overdue });

        Assert.That(result.Status, Is.EqualTo(status));
        Assert.That(result.Data["overdue_entries"], Is.EqualTo(overdue));
        Assert.That(
            result.Description,
            status == HealthStatus.Healthy
                ? Is.Null
                : Is.EqualTo("1001 entries expired longer than a sweep interval ago (allowed: 1000): check that the sweeper runs, or sweep more often."));
    }

    [TestCase(102_400_000, HealthStatus.Healthy)]
    [TestCase(102_400_001, HealthStatus.Degraded)]
    public async Task Live_bytes_degrade_it(long liveBytes, HealthStatus status)
    {
        var result = await CheckAsync(Fine with { LiveBytes = liveBytes });

        Assert.That(result.Status, Is.EqualTo(status));
        Assert.That(result.Data["live_bytes"], Is.EqualTo(liveBytes));
        Assert.That(
            result.Description,
            status == HealthStatus.Healthy
                ? Is.Null
                : Is.EqualTo("The cache holds 102400001 live bytes (allowed: 102400000): shorten the entries' lives, or raise the threshold."));
    }

    [Test]
    public async Task Entries_that_only_wait_for_the_next_sweep_do_not_degrade_it() =>
        Assert.That((await CheckAsync(Fine with { ExpiredEntries = 1_000_000 })).Status, Is.EqualTo(HealthStatus.Healthy));

    [Test]
    public async Task Space_that_is_free_does_not_degrade_it() =>
        Assert.That((await CheckAsync(Fine with { TotalSizeBytes = long.MaxValue })).Status, Is.EqualTo(HealthStatus.Healthy));

    [Test]
    public async Task The_thresholds_are_options()
    {
        var options = new PostgresSolidCacheHealthOptions { MaxOverdueEntries = 0, MaxLiveBytes = 1 };

        var overdue = await CheckAsync(Fine with { OverdueEntries = 1, LiveBytes = 0 }, options);
        var large = await CheckAsync(Fine with { OverdueEntries = 0, LiveBytes = 2 }, options);
        var small = await CheckAsync(Fine with { OverdueEntries = 0, LiveBytes = 1 }, options);

        Assert.That(overdue.Description, Does.Contain("(allowed: 0)"));
        Assert.That(large.Description, Does.Contain("(allowed: 1)"));
        Assert.That(small.Status, Is.EqualTo(HealthStatus.Healthy));
    }

    [TestCase(HealthStatus.Unhealthy)]
    [TestCase(HealthStatus.Degraded)]
    public async Task A_failure_has_the_status_that_was_registered_for_it(HealthStatus failureStatus)
    {
        var error = new NpgsqlException("connection refused");

        var result = await CheckAsync(_ => Task.FromException<SolidCacheStatistics>(error), failureStatus);

        Assert.That(result.Status, Is.EqualTo(failureStatus));
        Assert.That(result.Description, Is.EqualTo("The server of the cache cannot be reached, or failed: connection refused"));
        Assert.That(result.Exception, Is.SameAs(error));
    }

    [Test]
    public async Task An_error_of_configuration_says_what_to_do()
    {
        var result = await CheckAsync(_ => throw new SolidCacheException("Run the script."), HealthStatus.Unhealthy);

        Assert.That(result.Description, Is.EqualTo("Run the script."));
    }

    [Test]
    public async Task A_time_out_of_the_driver_reads_as_one([Values] bool wrapped)
    {
        Exception error = wrapped ? new NpgsqlException("Exception while reading from stream", new TimeoutException()) : new TimeoutException();

        var result = await CheckAsync(_ => Task.FromException<SolidCacheStatistics>(error), HealthStatus.Unhealthy);

        Assert.That(result.Description, Is.EqualTo("The server of the cache did not answer within 3 seconds."));
    }

    private static Task<HealthCheckResult> CheckAsync(SolidCacheStatistics statistics, PostgresSolidCacheHealthOptions? options = null) =>
        HealthChecks.CheckAsync(new StubSolidCache(_ => Task.FromResult(statistics)), options ?? new(), new FakeTimeProvider());

    private static Task<HealthCheckResult> CheckAsync(Func<CancellationToken, Task<SolidCacheStatistics>> statistics, HealthStatus failureStatus) =>
        HealthChecks.CheckAsync(new StubSolidCache(statistics), new(), new FakeTimeProvider(), failureStatus);
}
