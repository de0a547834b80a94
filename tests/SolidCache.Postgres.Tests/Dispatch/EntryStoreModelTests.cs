using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Concurrent histories over a server that fails in many ways: no call may see or leave behind what cannot be.</summary>
public sealed class EntryStoreModelTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly BatchLimits Narrow = BatchLimits.Default with { MaxBatchEntries = 2, AnotherLaneEntries = 1 };

    [Test]
    public async Task No_history_shows_what_was_overwritten(
        [Values(1, 6)] int clients, [Values(0, 10)] int failurePercentage, [Values(1, 2, 3)] int seed, [Values] bool narrow)
    {
        var server = new ModelServer { FailurePercentage = failurePercentage };

        var (model, parts) = await RunAsync(server, clients, seed, count: 300, narrow ? Narrow : null, limit: null);

        Assert.That(model.Faults(), Is.Empty);
        Assert.That(parts.Failures, failurePercentage == 0 ? Is.Empty : Has.All.TypeOf<IOException>());
        Assert.That(model.Succeeded, Is.GreaterThan(clients * 150));
    }

    [Test]
    public async Task No_history_of_a_server_that_hangs_shows_what_was_overwritten([Values(1, 2, 3)] int seed)
    {
        var server = new ModelServer { FailurePercentage = 5, Hangs = TimeSpan.FromMilliseconds(450) };

        var (model, parts) = await RunAsync(server, clients: 4, seed, count: 150, Narrow, limit: TimeSpan.FromMilliseconds(200));

        Assert.That(model.Faults(), Is.Empty);
        Assert.That(parts.Failures, Has.All.TypeOf<IOException>(), "A value that is read when its memory has been given away would be another error.");
    }

    private static async Task<(Model Model, StoreParts Parts)> RunAsync(
        ModelServer server, int clients, int seed, int count, BatchLimits? limits, TimeSpan? limit)
    {
        var parts = new StoreParts(server.NewReader, server.NewWriter, server.Remove, limits, limit);
        var model = new Model(server, parts.Store);
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => OwnThread.RunAsync(
            "client",
            () =>
            {
                model.Run(client, (seed * 1_000) + client, count);
                return true;
            }))).WaitAsync(Patience);
        await OwnThread.RunAsync(
            "end",
            () =>
            {
                parts.Store.End();
                return true;
            }).WaitAsync(Patience);
        return (model, parts);
    }
}
