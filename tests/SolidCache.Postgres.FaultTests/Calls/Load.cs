using System.Collections.Concurrent;
using System.Diagnostics;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>Many callers of two nodes, whose calls go on while something happens to the server.</summary>
internal sealed class Load : IAsyncDisposable
{
    private const int Callers = 32;
    private const int Nodes = 2;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>How long it is waited for the first successes after a fault.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>After the first successes, how long calls of the other node may still fail, whose breakers ask by themselves.</summary>
    private static readonly TimeSpan Calming = TimeSpan.FromSeconds(3);

    /// <summary>How long it is looked whether any call fails after that.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private readonly ConcurrentQueue<Operation> _history = new();
    private readonly ConcurrentQueue<CallError> _errors = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly TimeSpan _operationTimeout;
    private readonly CacheHost[] _nodes;
    private readonly Caller[] _callers;

    private Load(CacheHost[] nodes, TimeSpan operationTimeout, int paddingBytes)
    {
        (_nodes, _operationTimeout) = (nodes, operationTimeout);
        var values = new PaddedText(paddingBytes);
        _callers = [.. Enumerable.Range(0, Callers).Select(number =>
            new Caller(nodes[number % nodes.Length].Cache, number % nodes.Length, number, values, _history, _errors))];
    }

    /// <summary>Runs the callers before, during and after a fault, and at the end reads what every key holds.</summary>
    /// <param name="connectionString">The nodes'.</param>
    /// <param name="fault">Brings it about and ends it. Its argument is one of the caches.</param>
    /// <param name="configure">The options of the nodes.</param>
    /// <param name="paddingBytes">How much larger than a few bytes each value is.</param>
    public static async Task<LoadResult> ThroughAsync(
        string connectionString, Func<ISolidCache, Task> fault, Action<PostgresSolidCacheOptions>? configure = null, int paddingBytes = 0)
    {
        var options = new PostgresSolidCacheOptions();
        configure?.Invoke(options);
        var nodes = await Task.WhenAll(Enumerable.Range(0, Nodes).Select(_ => CacheHost.StartAsync(connectionString, configure)));
        await using var load = new Load(nodes, options.OperationTimeout, paddingBytes);
        return await load.RunAsync(fault);
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _stopping.Dispose();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private async Task<LoadResult> RunAsync(Func<ISolidCache, Task> fault)
    {
        var running = Task.WhenAll(_callers.Select(caller => Task.Run(() => caller.RunAsync(_stopping.Token))));
        await Task.Delay(WarmUp);
        Assert.That(_errors, Is.Empty, "Before the fault all is well.");

        await fault(_nodes[0].Cache);
        var result = new LoadResult([], []) { FaultEnd = Stopwatch.GetTimestamp(), Calm = long.MaxValue, OperationTimeout = _operationTimeout };

        while ((result with { Operations = Finished() }).Recovery is null && Stopwatch.GetElapsedTime(result.FaultEnd) < Patience)
        {
            await Task.Delay(20);
        }

        // What began in the fault may fail until its time is out.
        await Task.Delay(Calming);
        result = result with { Calm = Stopwatch.GetTimestamp() };
        await Task.Delay(Moment);

        await _stopping.CancelAsync();
        await Task.WhenAny(running, Task.Delay(_operationTimeout * 3));
        await Task.WhenAll(_nodes.Select((_, number) => _callers[number]).SelectMany(caller => Caller.AllKeys.Select(caller.ReadAsync)))
            .WaitAsync(_operationTimeout * 3)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return result with { Operations = [.. _history], Errors = [.. _errors] };
    }

    private List<Operation> Finished() => [.. _history.Where(operation => operation.Outcome != Outcome.Unknown)];
}
