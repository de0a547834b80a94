using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SolidCache.Postgres.Histories;

namespace SolidCache.Postgres.HistoryWorker;

/// <summary>
/// One node of the model test: <c>SEED PROCESS COALESCING CALLERS OPERATIONS BLOCKING</c>, the last of
/// four calls. Says that it is ready, waits for a line, lets its callers
/// run, and writes their history to the output, faults to the error output. Or, with <see cref="Reads"/> as the first word, a <see cref="Reader"/>.
/// </summary>
public static class Worker
{
    /// <summary>The environment variable of the connection string, which holds a password and so does not stand on a command line.</summary>
    public const string Variable = "SOLIDCACHE_HISTORY_CONNECTION";

    public const string Reads = "reads";

    public static async Task Main(string[] args)
    {
        if (args[0] == Reads)
        {
            await Reader.RunAsync(Environment.GetEnvironmentVariable(Variable)!, args[1..]);
            return;
        }

        var (seed, process, callers, operations, blocking) = (Number(args[0]), Number(args[1]), Number(args[3]), Number(args[4]), Number(args[5]));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Services.AddPostgresSolidCache(options =>
        {
            options.ConnectionString = Environment.GetEnvironmentVariable(Variable);
            options.Coalescing = bool.Parse(args[2]);
            options.SweepExpiredEntries = false;
        });
        using var host = builder.Build();
        await host.StartAsync();
        var cache = host.Services.GetRequiredService<ISolidCache>();
        var history = new History();

        await Console.Out.WriteLineAsync("ready");
        if (await Console.In.ReadLineAsync() is null)
        {
            // The test is gone.
            return;
        }

        await Task.WhenAll(Enumerable.Range(0, callers).Select(number => Task.Factory.StartNew(
            () => new Caller(cache, history, process, number, seed + (process * 1_000) + number, blocking).Run(operations),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        await host.StopAsync();

        // One write at the end: while they run, the callers wait for nothing but the cache.
        await using var output = new StreamWriter(Console.OpenStandardOutput());
        await history.WriteAsync(output, Console.Error);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
