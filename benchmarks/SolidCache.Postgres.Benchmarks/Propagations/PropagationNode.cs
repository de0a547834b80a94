using System.Diagnostics;
using Npgsql;
using SolidCache.Postgres.Benchmarks.Nodes;
using SolidCache.Postgres.Benchmarks.Servers;
using SolidCache.Postgres.Benchmarks.Workloads;

namespace SolidCache.Postgres.Benchmarks.Propagations;

/// <summary>One of the processes, each with memories of its own.</summary>
internal sealed class PropagationNode : IAsyncDisposable
{
    public const string Work = "propagation";
    private const long Before = 0;
    private const long After = 1;
    private static readonly TimeSpan BetweenReads = TimeSpan.FromMilliseconds(1);
    private readonly RememberingCaches _caches = new();
    private readonly NpgsqlDataSource _data = NpgsqlDataSource.Create(PostgresServer.AddressFor("data"));

    public static async Task RunAsync()
    {
        await using var node = new PropagationNode();
        await node._caches.StartAsync();
        await NodeLoop.RunAsync<PropagationStep, PropagationAnswer>(async step => new(await node.DoAsync(step)));
    }

    /// <summary>The table of the data behind the entries that are changed so.</summary>
    public static string DataOf(ChangeKind kind) => kind == ChangeKind.ChangeDataWithTrigger ? "data_with_trigger" : "data";

    public async ValueTask DisposeAsync()
    {
        await _caches.DisposeAsync();
        await _data.DisposeAsync();
    }

    private Task<long> DoAsync(PropagationStep step) => step.Do switch
    {
        PropagationVerb.Read => ReadOnceAsync(step),
        PropagationVerb.Change => ChangeAsync(step),
        _ => WatchAsync(step),
    };

    private async Task<long> ReadOnceAsync(PropagationStep step)
    {
        WrongAnswerException.ThrowUnless(await ReadAsync(step) == Before, step.Key);
        return Stopwatch.GetTimestamp();
    }

    private async Task<long> WatchAsync(PropagationStep step)
    {
        while (true)
        {
            var began = Stopwatch.GetTimestamp();
            if (await ReadAsync(step) == After)
            {
                return began;
            }

            Thread.Sleep(BetweenReads);
        }
    }

    private async Task<long> ChangeAsync(PropagationStep step)
    {
        var cache = _caches[step.Cache];
        await using var connection = await _data.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var update = new NpgsqlCommand($"UPDATE {DataOf(step.Kind)} SET version = {After} WHERE key = $1", connection, transaction);
        update.Parameters.Add(new() { Value = step.Key });
        await update.ExecuteNonQueryAsync();
        if (step.Kind == ChangeKind.RemoveInTransaction)
        {
            await _caches.Table(step.Cache)!.RemoveAsync(step.Key, transaction);
        }

        await transaction.CommitAsync();
        await (step.Kind switch
        {
            ChangeKind.Remove => cache.RemoveAsync(step.Key),
            ChangeKind.Replace => cache.SetAsync(step.Key, After),
            ChangeKind.RemoveByTag => cache.RemoveByTagAsync($"of {step.Key}"),
            _ => ValueTask.CompletedTask,
        });
        return Stopwatch.GetTimestamp();
    }

    private ValueTask<long> ReadAsync(PropagationStep step) => _caches[step.Cache].GetOrCreateAsync(
        step.Key, (Node: this, Step: step), static (state, token) => state.Node.ReadDataAsync(state.Step, token), tags: [$"of {step.Key}"]);

    private async ValueTask<long> ReadDataAsync(PropagationStep step, CancellationToken token)
    {
        await using var read = _data.CreateCommand($"SELECT version FROM {DataOf(step.Kind)} WHERE key = $1");
        read.Parameters.Add(new() { Value = step.Key });
        return (long)(await read.ExecuteScalarAsync(token))!;
    }
}
