using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>One node: a host with a cache as an application would register it, and what it logged.</summary>
public sealed class CacheHost : IAsyncDisposable
{
    private readonly IHost _host;

    private CacheHost(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public ISolidCache Cache => Services.GetRequiredService<ISolidCache>();

    public FakeLogCollector Logs => Services.GetRequiredService<FakeLogCollector>();

    /// <summary>Builds a host whose sweeper is off unless the test turns it on.</summary>
    public static CacheHost Build(
        string connectionString, Action<PostgresSolidCacheOptions>? configure = null, Action<IServiceCollection>? configureServices = null, string? application = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = application });
        builder.Logging.AddFakeLogging().SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddPostgresSolidCache(options =>
        {
            options.ConnectionString = connectionString;
            options.SweepExpiredEntries = false;
            configure?.Invoke(options);
        });
        configureServices?.Invoke(builder.Services);
        return new CacheHost(builder.Build());
    }

    public static async Task<CacheHost> StartAsync(
        string connectionString, Action<PostgresSolidCacheOptions>? configure = null, Action<IServiceCollection>? configureServices = null, string? application = null)
    {
        var host = Build(connectionString, configure, configureServices, application);
        await host.StartAsync();
        return host;
    }

    public Task StartAsync() => _host.StartAsync();

    public Task StopAsync() => _host.StopAsync();

    public async ValueTask DisposeAsync()
    {
        // One whose options were refused has nothing that could stop.
        if (Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStarted.IsCancellationRequested)
        {
            await _host.StopAsync();
        }

        await ((IAsyncDisposable)_host).DisposeAsync();
    }
}
