using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Commands;

namespace SolidCache.Postgres.Benchmarks.Stampedes;

/// <summary>A process of its own that runs a <see cref="StampedeNode"/>, as its parent sees it.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process = Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], StampedeNodeCommand.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    public async Task<StampedeAnswer> RunAsync(StampedeRound round)
    {
        await _process.StandardInput.WriteLineAsync(StampedeJson.Line(round));
        return StampedeJson.Read<StampedeAnswer>(await _process.StandardOutput.ReadLineAsync());
    }

    /// <summary>It ends with its input.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
