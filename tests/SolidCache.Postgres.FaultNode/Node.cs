using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SolidCache.Postgres.FaultNode;

/// <summary>
/// A process with a cache, which the tests of faults stop and kill. Its options are those of the section <c>Cache</c>; so many <c>Callers</c> call it until it
/// refuses, also while the host stops, and tell in lines what was acknowledged; a <c>Flood</c> is so many sets of one <c>Key</c> at once.
/// </summary>
public static class Node
{
    /// <summary>The environment variable of the connection string, which holds a password and so does not stand on a command line.</summary>
    public const string ConnectionVariable = "Cache__ConnectionString";

    public static async Task Main(string[] args)
    {
        await using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var lines = TextWriter.Synchronized(output);
        var builder = Host.CreateApplicationBuilder(args);
        builder.Logging.ClearProviders();
        builder.Services.AddPostgresSolidCache(builder.Configuration.GetSection("Cache"));
        builder.Services.Configure<PostgresSolidCacheOptions>(
            options => options.OnDegraded = degradation => lines.WriteLine($"degraded {degradation.Operation}"));

        var host = builder.Build();
        await host.StartAsync();
        var cache = host.Services.GetRequiredService<ISolidCache>();
        var callers = Task.WhenAll(Enumerable
            .Range(0, builder.Configuration.GetValue<int>("Callers"))
            .Select(number => Task.Run(() => new Caller(cache, number, lines).RunAsync())));
        await lines.WriteLineAsync("ready");
        await new Flood(cache, builder.Configuration["Key"] ?? "", lines).RunAsync(builder.Configuration.GetValue<int>("Flood"));
        await host.WaitForShutdownAsync();
        await lines.WriteLineAsync("stopped");
        await ((IAsyncDisposable)host).DisposeAsync();

        // Whoever waits for an answer for good keeps the process from its end.
        await callers;
    }
}
