using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SolidCache.Postgres.Tests.Health;

/// <summary>A server that does not answer.</summary>
public sealed class HealthCheckTimeoutTests
{
    /// <summary>The longest that is allowed, so that nothing but the test's own clock ends a check.</summary>
    private static readonly PostgresSolidCacheHealthOptions Options = new() { Timeout = TimeSpan.FromMinutes(1) };
    private readonly TaskCompletionSource<SolidCacheStatistics> _never = new();
    private readonly WatchedTimeProvider _time = new();
    private CancellationToken _handedOn;

    [Test]
    public async Task A_hanging_cache_is_given_up_on()
    {
        var check = HealthChecks.CheckAsync(new StubSolidCache(_ => _never.Task), Options, _time);
        await _time.NextWaitAsync();

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.That(check.IsCompleted, Is.False);

        _time.Advance(TimeSpan.FromSeconds(1));
        var result = await check;
        Assert.That(result.Status, Is.EqualTo(HealthStatus.Unhealthy));
        Assert.That(result.Description, Is.EqualTo("The server of the cache did not answer within 60 seconds."));
    }

    [Test]
    public async Task A_call_that_is_given_up_on_is_cancelled()
    {
        var check = HealthChecks.CheckAsync(new StubSolidCache(Hang), Options, _time);
        await _time.NextWaitAsync();
        _time.Advance(Options.Timeout);
        await check;

        Assert.That(_handedOn.IsCancellationRequested, Is.True, "Otherwise it keeps its connection until the server answers.");
    }

    [Test]
    public async Task The_callers_cancellation_is_not_a_failure_of_the_cache()
    {
        using var source = new CancellationTokenSource();
        var check = HealthChecks.CheckAsync(new StubSolidCache(Hang), Options, _time, token: source.Token);

        await source.CancelAsync();

        Assert.That(async () => await check, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_handedOn.IsCancellationRequested, Is.True);
    }

    private Task<SolidCacheStatistics> Hang(CancellationToken token)
    {
        _handedOn = token;
        return _never.Task;
    }
}
