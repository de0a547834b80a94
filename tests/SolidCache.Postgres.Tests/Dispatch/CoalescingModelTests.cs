using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Concurrent histories over a server that answers in random order: no call may see or leave behind what cannot be.</summary>
public sealed class CoalescingModelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly BatchLimits Narrow = BatchLimits.Default with { MaxBatchEntries = 2 };

    [Test]
    public async Task No_history_shows_what_was_overwritten(
        [Values(1, 6)] int clients, [Values(0, 20)] int failurePercentage, [Values(1, 2, 3)] int seed, [Values] bool narrow)
    {
        var server = new ModelServer { FailurePercentage = failurePercentage };
        var store = Model.Store(server, narrow ? Narrow : null);
        var model = new Model(server, store);
        var random = new Random(seed);
        var running = Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Factory.StartNew(
            () => model.Run(client, (seed * 1_000) + client, 300),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        await OpenUntilAsync(server, random, running);
        await OpenUntilAsync(server, random, store.DisposeAsync().AsTask());

        Assert.That(model.Faults(), Is.Empty);
    }

    private static async Task OpenUntilAsync(ModelServer server, Random random, Task end)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (!end.IsCompleted)
        {
            Assert.That(patience.IsCancellationRequested, Is.False, "It does not end.");
            server.OpenOne(random);
            await Task.Yield();
        }

        await end;
    }
}
