using System.Diagnostics;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.HistoryWorker;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Histories;

/// <summary>A node in a process of its own.</summary>
internal sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;

    private WorkerProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static async Task<WorkerProcess> StartAsync(string connectionString, params string[] arguments)
    {
        var start = DotnetProgram.Of(typeof(Worker), arguments);
        start.Environment[Worker.Variable] = connectionString;
        var worker = new WorkerProcess(Process.Start(start)!);
        if (await worker._process.StandardOutput.ReadLineAsync() != "ready")
        {
            Assert.Fail($"A worker did not start: {await worker._errors}");
        }

        return worker;
    }

    /// <summary>Lets its callers run, and returns what they did. Fails when one of them met what nobody may meet.</summary>
    public async Task<Operation[]> RunAsync(CancellationToken cancellationToken)
    {
        await _process.StandardInput.WriteLineAsync();
        var output = await _process.StandardOutput.ReadToEndAsync(cancellationToken);
        await _process.WaitForExitAsync(cancellationToken);

        Assert.That(await _errors, Is.Empty);
        Assert.That(_process.ExitCode, Is.Zero);
        return [.. output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(Operation.Parse)];
    }

    /// <summary>Kills it, and returns the lines that it has said since it was ready.</summary>
    public async Task<string[]> KillAsync()
    {
        _process.Kill();
        var lines = await _process.StandardOutput.ReadToEndAsync();
        Assert.That(await _errors, Is.Empty);
        return lines.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }
}
