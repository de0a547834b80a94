using System.Diagnostics;
using SolidCache.Postgres.Benchmarks.Commands;

namespace SolidCache.Postgres.Benchmarks.Nodes;

/// <summary>A process of its own that does what its parent tells it, as its parent sees it.</summary>
/// <param name="work">What kind of work, by the name that <see cref="NodeCommand"/> knows.</param>
internal sealed class NodeProcess(string work) : IDisposable
{
    private readonly Process _process = Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, [Environment.GetCommandLineArgs()[0], NodeCommand.Name, work])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    /// <summary>One at a time.</summary>
    public async Task<TAnswer> AskAsync<TQuestion, TAnswer>(TQuestion question)
    {
        await _process.StandardInput.WriteLineAsync(NodeJson.Line(question));
        return NodeJson.Read<TAnswer>(await _process.StandardOutput.ReadLineAsync());
    }

    /// <summary>It ends with its input.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
