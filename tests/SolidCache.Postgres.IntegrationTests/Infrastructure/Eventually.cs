using System.Diagnostics;

namespace SolidCache.Postgres.IntegrationTests.Infrastructure;

/// <summary>Waits for what another thread or another process brings about. What does not happen fails the test and says what it was.</summary>
public static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static Task TrueAsync(Func<bool> condition, string what) => TrueAsync(() => Task.FromResult(condition()), what);

    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.That(waited.Elapsed, Is.LessThan(patience ?? Patience), $"This did not happen: {what}");
            await Task.Delay(5);
        }
    }

    /// <summary>Waits until a node has logged an event.</summary>
    public static Task LoggedAsync(CacheHost node, string eventName) =>
        TrueAsync(() => node.Logs.GetSnapshot().Any(record => record.Id.Name == eventName), $"the event {eventName} is logged");
}
