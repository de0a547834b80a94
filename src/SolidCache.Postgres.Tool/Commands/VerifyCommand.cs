using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SolidCache.Postgres.Tool.Connecting;
using SolidCache.Postgres.Tool.Verifying;

namespace SolidCache.Postgres.Tool.Commands;

/// <summary>Tries the cache out: the server, the table, its function, and everything that the cache does.</summary>
internal static class VerifyCommand
{
    public static Command Create(ConnectionOptions connection, Terminal terminal)
    {
        var benchmark = new Option<bool>("--benchmark") { Description = "Measure SET, GET, SET JSON and GET JSON of one caller too." };
        var iterations = new Option<int>("--iterations") { Description = "With --benchmark: calls of each kind, 10 to 1000000.", DefaultValueFactory = static _ => 1_000 };
        NumberRange.Limit(iterations, 10, 1_000_000, "calls");
        var command = new Command("verify", "Checks the server, the table and every verb of the cache. Touches no entry but its own, which it removes. Exit code 1 when a check fails.") { benchmark, iterations };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var target = connection.Read(parsed);
            await using var services = target.Open();
            var cache = services.GetRequiredService<ISolidCache>();
            await ServerInspection.RunAsync(target, cache, terminal, cancellationToken);
            var passed = await new Checks(cache, terminal).RunAsync(cancellationToken);
            if (passed && parsed.GetValue(benchmark))
            {
                await new Benchmark(cache, terminal, parsed.GetValue(iterations)).RunAsync(cancellationToken);
            }

            return passed ? ExitCode.Fine : ExitCode.No;
        });
        return command;
    }
}
