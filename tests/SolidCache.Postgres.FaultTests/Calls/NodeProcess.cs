using System.Diagnostics;
using SolidCache.Postgres.FaultNode;
using SolidCache.Postgres.FaultTests.Servers;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>A node as a process of its own, and the lines that it has said.</summary>
internal sealed class NodeProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _errors;
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly Task _reading;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NodeProcess(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
        _reading = Task.Run(ReadAsync);
    }

    /// <param name="connectionString">Of the cache.</param>
    /// <param name="settings">Each <c>--name=value</c>.</param>
    public static async Task<NodeProcess> StartAsync(string connectionString, params string[] settings)
    {
        var start = DotnetProgram.Of(typeof(Node), settings);
        start.Environment[Node.ConnectionVariable] = connectionString;
        var node = new NodeProcess(Process.Start(start)!);
        if (await Task.WhenAny(node._ready.Task, node._reading) != node._ready.Task)
        {
            Assert.Fail($"A node did not start: {await node._errors}");
        }

        return node;
    }

    /// <summary>Waits until it has said something, or has ended.</summary>
    /// <param name="start">How the line starts.</param>
    /// <param name="patience">How long at most.</param>
    public async Task<string> LineAsync(string start, TimeSpan patience)
    {
        var found = default(string);
        await Eventually.TrueAsync(
            () =>
            {
                lock (_gate)
                {
                    found = _lines.Find(line => line.StartsWith(start, StringComparison.Ordinal));
                }

                return Task.FromResult(found is not null || _process.HasExited);
            },
            $"a node says {start}",
            patience);
        return found ?? $"It has ended with {_process.ExitCode}: {string.Concat((await _errors).Take(300))}";
    }

    /// <summary>Asks it to end, as a service manager does, and waits until it has.</summary>
    /// <returns>The exit code, and what it said.</returns>
    public async Task<(int ExitCode, IReadOnlyList<string> Lines)> TerminateAsync(TimeSpan patience)
    {
        Signal.Terminate(_process.Id);
        await _process.WaitForExitAsync().WaitAsync(patience);
        await _reading;
        Assert.That(await _errors, Is.Empty);
        return (_process.ExitCode, _lines);
    }

    public async Task KillNineAsync()
    {
        Signal.KillNine(_process.Id);
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line == "ready")
            {
                _ready.TrySetResult();
            }

            lock (_gate)
            {
                _lines.Add(line);
            }
        }
    }
}
