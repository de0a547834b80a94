using System.Diagnostics;
using System.Globalization;
using System.Text;
using Npgsql;
using SolidCache.Postgres.Histories;
using SolidCache.Postgres.IntegrationTests.Infrastructure;

namespace SolidCache.Postgres.IntegrationTests.Histories;

/// <summary>
/// Many callers in three processes on few keys, some of their calls cancelled, their connections broken: whatever happens, the history is
/// that of a register a key. Set <c>SOLIDCACHE_TEST_SEED</c> to repeat a run's choices.
/// </summary>
[NonParallelizable]
public sealed class SeveralProcesses
{
    private const string SeedVariable = "SOLIDCACHE_TEST_SEED";
    private const int Callers = 16;
    private const int OperationsOfACaller = 150;

    /// <summary>How many of four calls of each process block.</summary>
    private static readonly (bool Coalescing, int Blocking)[] Workers = [(true, 1), (true, 4), (false, 1)];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly long Lateness = (long)(new PostgresSolidCacheOptions().OperationTimeout.TotalSeconds * Stopwatch.Frequency);
    private TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task CreateDatabaseAsync() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task DropDatabaseAsync() => await _database.DisposeAsync();

    [Test]
    public async Task No_history_shows_a_lost_an_overtaken_or_an_invented_value()
    {
        var seed = Environment.GetEnvironmentVariable(SeedVariable) is { Length: > 0 } fixedSeed
            ? int.Parse(fixedSeed, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1_000_000);
        await TestContext.Out.WriteLineAsync($"{SeedVariable}={seed}");

        var history = await RunAsync(seed);
        await using var node = await CacheHost.StartAsync(_database.ConnectionString);
        history.AddRange(await ReadAllAsync(node.Cache, [.. history.Select(operation => operation.Key).Distinct()]));

        var outcomes = history.CountBy(operation => operation.Outcome).ToDictionary();
        await TestContext.Out.WriteLineAsync($"{history.Count} operations: {string.Join(", ", outcomes)}");
        Assert.That(outcomes.Keys, Has.No.Member(Outcome.Unknown));
        Assert.That(outcomes.Keys, Is.SupersetOf((Outcome[])[Outcome.Succeeded, Outcome.Cancelled, Outcome.Refused]));
        Assert.That(RegisterCheck.Violations(history, Lateness).Take(10), Is.Empty, $"{SeedVariable}={seed}");

        // The cache repeats what met a deadlock, so that no caller would tell.
        Assert.That(
            await _database.ScalarAsync<long>("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
            Is.Zero,
            $"{SeedVariable}={seed}");
    }

    private async Task<List<Operation>> RunAsync(int seed)
    {
        using var patience = new CancellationTokenSource(Patience);
        var connectionString = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { MaxPoolSize = 10 }.ConnectionString;
        var workers = await Task.WhenAll(Workers.Select((worker, process) => WorkerProcess.StartAsync(
            connectionString, $"{seed}", $"{process}", $"{worker.Coalescing}", $"{Callers}", $"{OperationsOfACaller}", $"{worker.Blocking}")));
        try
        {
            await using var breaker = new ConnectionBreaker(_database);
            breaker.Start();
            var histories = await Task.WhenAll(workers.Select(worker => worker.RunAsync(patience.Token)));
            await TestContext.Out.WriteLineAsync($"{breaker.Broken} connections were broken.");
            Assert.That(breaker.Broken, Is.Positive);
            return [.. histories.SelectMany(history => history)];
        }
        catch (OperationCanceledException)
        {
            throw new AssertionException($"It does not end. {SeedVariable}={seed}");
        }
        finally
        {
            Array.ForEach(workers, worker => worker.Dispose());
        }
    }

    /// <summary>How it ends, as reads like any other, by a node whose connections nobody broke.</summary>
    private static async Task<List<Operation>> ReadAllAsync(ISolidCache cache, string[] keys)
    {
        var reads = new List<Operation>();
        foreach (var key in keys)
        {
            var start = Stopwatch.GetTimestamp();
            var value = await cache.GetAsync(key);
            reads.Add(new Operation(Workers.Length, 0, key, OperationKind.Read)
            {
                Value = value is null ? null : Encoding.UTF8.GetString(value),
                Start = start,
                Placed = start,
                End = Stopwatch.GetTimestamp(),
                Outcome = Outcome.Succeeded,
            });
        }

        return reads;
    }
}
