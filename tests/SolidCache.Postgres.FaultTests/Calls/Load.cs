using System.Collections.Concurrent;
using System.Diagnostics;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.FaultTests.Calls;

/// <summary>Many callers of a few nodes, whose calls go on while something happens to the server.</summary>
internal sealed class Load : IDisposable
{
    private const int Callers = 32;
    private const int Nodes = 2;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    /// <summary>How long it is waited for the first successes after a fault.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>After the first successes, how long calls may still fail that began in the fault.</summary>
    private static readonly TimeSpan Calming = TimeSpan.FromSeconds(3);

    /// <summary>How long it is looked whether any call fails after that.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);
    private readonly ConcurrentQueue<Operation> _history = new();
    private readonly CallErrors _errors = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly LoadPlan _plan;
    private readonly Caller[] _callers;
    private readonly int _nodes;

    private Load(IReadOnlyList<CacheHost> nodes, LoadPlan plan)
    {
        (_plan, _nodes) = (plan, nodes.Count);
        _callers = [.. Enumerable.Range(0, Callers).Select(number =>
            new Caller(nodes[number % _nodes].Cache, number % _nodes, number, plan, _history, _errors))];
    }

    /// <summary>Runs the callers of two new nodes before, during and after a fault, and at the end reads what every key holds.</summary>
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
        try
        {
            return await ThroughAsync(nodes, () => fault(nodes[0].Cache), new LoadPlan { OperationTimeout = options.OperationTimeout, Values = new PaddedText(paddingBytes) });
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    /// <summary>The same with nodes that live longer than the load.</summary>
    public static async Task<LoadResult> ThroughAsync(IReadOnlyList<CacheHost> nodes, Func<Task> fault, LoadPlan plan)
    {
        using var load = new Load(nodes, plan);
        return await load.RunAsync(fault);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private async Task<LoadResult> RunAsync(Func<Task> fault)
    {
        var running = Task.WhenAll(_callers.Select(caller => caller.StartAsync(_stopping.Token)));
        await Task.Delay(WarmUp);
        Assert.That(_errors.All, Is.Empty, "Before the fault all is well.");

        await fault();
        var result = new LoadResult([], []) { FaultEnd = Stopwatch.GetTimestamp(), Calm = long.MaxValue, OperationTimeout = _plan.OperationTimeout };

        while ((result with { Operations = Finished() }).RecoveryOfEveryNode is null && Stopwatch.GetElapsedTime(result.FaultEnd) < Patience)
        {
            await Task.Delay(20);
        }

        await Task.Delay(Calming);
        result = result with { Calm = Stopwatch.GetTimestamp() };
        await Task.Delay(Moment);

        await _stopping.CancelAsync();
        await Task.WhenAny(running, Task.Delay(_plan.OperationTimeout * 3));
        await Task.WhenAll(_callers.Take(_nodes).SelectMany(caller => _plan.Keys.Select(caller.ReadAsync)))
            .WaitAsync(_plan.OperationTimeout * 3)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return result with { Operations = [.. _history], Errors = [.. _errors.All] };
    }

    private List<Operation> Finished() => [.. _history.Where(operation => operation.Outcome != Outcome.Unknown)];
}
