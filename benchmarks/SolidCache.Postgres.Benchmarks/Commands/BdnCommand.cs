using System.CommandLine;
using BenchmarkDotNet.Running;
using SolidCache.Postgres.Benchmarks.Matrix;

namespace SolidCache.Postgres.Benchmarks.Commands;

/// <summary>Hands its arguments to BenchmarkDotNet.</summary>
internal static class BdnCommand
{
    public static Command Create()
    {
        var command = new Command("bdn", "Runs the same cases under BenchmarkDotNet, with its arguments: --filter '*Get*', --list flat, --job dry ...")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction(arguments =>
        {
            var summaries = BenchmarkSwitcher.FromAssembly(typeof(BdnCommand).Assembly)
                .Run([.. arguments.UnmatchedTokens], MatrixConfiguration.Create());
            return summaries.Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success)) ? 1 : 0;
        });
        return command;
    }
}
