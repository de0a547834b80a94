using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SolidCache.Postgres.FaultTests.Calls;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Promises;

/// <summary>The application's logger throws, whatever it is told, or takes its time: a disk that is full, a sink that is gone.</summary>
[Category("Long")]
public sealed class Loggers : OneServer
{
    private DifficultLogger _logger = null!;

    [SetUp]
    public void NewLogger() => _logger = new DifficultLogger();

    [TearDown]
    public void DisposeLogger() => _logger.Dispose();

    /// <summary>A touch that is left out is logged, in the middle of a batch in which others travel.</summary>
    [Test, CancelAfter(40_000)]
    public async Task While_touches_are_left_out_everybody_is_served([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartAsync(coalescing);
        await Verbs.AllAsync(node.Cache, async);
        await InsertDueAsync(count: 8);
        // As a full disk would.
        await Server.ExecuteAsync(
            """
            CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''53100''; END';
            CREATE TRIGGER refuse BEFORE UPDATE ON solid_cache_entries FOR EACH ROW WHEN (OLD.key LIKE 'due:%') EXECUTE FUNCTION refuse();
            """);
        try
        {
            _logger.Throws = true;
            for (var round = 0; round < 5; round++)
            {
                AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async), "The logger is nobody's matter.");
            }

            _logger.Throws = false;
        }
        finally
        {
            await Server.ExecuteAsync("DROP FUNCTION refuse CASCADE");
        }

        AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async), "Nor afterwards.");
        Assert.That(_logger.Calls, Is.Positive, "Something was logged.");
    }

    [Test, CancelAfter(40_000)]
    public async Task An_outage_that_cannot_be_logged_passes_like_any_other([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartAsync(coalescing);
        await Verbs.AllAsync(node.Cache, async);
        _logger.Throws = true;
        Server.Freeze();
        var calls = await Verbs.AllAsync(node.Cache, async);
        var refused = await Verbs.AllAsync(node.Cache, async);
        Server.Thaw();

        using (Assert.EnterMultipleScope())
        {
            AssertWithinLimit([.. calls, .. refused]);
            Assert.That(calls.Concat(refused).Select(call => call.Error), Is.All.InstanceOf<TimeoutException>().Or.InstanceOf<SolidCacheException>(), "Each is told of the outage.");
        }

        await Eventually.TrueAsync(async () => (await Verbs.AllAsync(node.Cache, async)).TrueForAll(call => call.Error is null), "all is well again", TimeSpan.FromSeconds(10));
    }

    [Test, CancelAfter(40_000)]
    public async Task Expired_entries_are_swept_and_the_host_goes_on()
    {
        var node = await StartAsync(coalescing: true, sweep: true);
        _logger.Throws = true;
        for (var round = 0; round < 3; round++)
        {
            await Server.ExecuteAsync("INSERT INTO solid_cache_entries (expires_at, key, value) VALUES (now() - interval '1 hour', 'expired', '')");
            await Eventually.TrueAsync(async () => await CountAsync("key = 'expired'") == 0, "it is swept", TimeSpan.FromSeconds(6));
        }

        AssertDoneAtOnce(await Verbs.AllAsync(node.Cache, async: true), "The host goes on.");
    }

    /// <summary>It is told of the outage by whoever finds it out, on whom the limits of all calls depend.</summary>
    [Test, CancelAfter(40_000)]
    public async Task A_logger_that_takes_its_time_keeps_no_call_from_its_limit([Values] bool async, [Values] bool coalescing)
    {
        var node = await StartAsync(coalescing);
        await Verbs.AllAsync(node.Cache, async);
        _logger.Takes = Limit * 1.5;
        Server.Freeze();
        var calls = new List<Task<List<Ended>>>();
        for (var round = 0; round < 8; round++)
        {
            calls.Add(Verbs.AllAsync(node.Cache, async));
            await Task.Delay(Limit / 4);
        }

        var ends = (await Task.WhenAll(calls)).SelectMany(ends => ends).ToList();
        Server.Thaw();
        _logger.Takes = TimeSpan.Zero;

        await TestContext.Out.WriteLineAsync($"{_logger.Calls} messages; {ends.MaxBy(end => end.After)}");
        Assert.That(_logger.Calls, Is.Positive, "It was told.");
        AssertWithinLimit(ends);
    }

    private Task<CacheHost> StartAsync(bool coalescing, bool sweep = false) => StartNodeAsync(
        options => (options.Coalescing, options.SweepExpiredEntries, options.SweepInterval) = (coalescing, sweep, TimeSpan.FromSeconds(1)),
        configureServices: services => services.AddSingleton<ILoggerProvider>(_logger));

    private sealed class DifficultLogger : ILoggerProvider, ILogger
    {
        private int _calls;

        public bool Throws { get; set; }

        public TimeSpan Takes { get; set; }

        public int Calls => _calls;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (Takes > TimeSpan.Zero)
            {
                Interlocked.Increment(ref _calls);
                Thread.Sleep(Takes);
            }

            if (Throws)
            {
                Interlocked.Increment(ref _calls);
                throw new InvalidOperationException("A logger of the application's.");
            }
        }

        public void Dispose()
        {
        }
    }
}
