using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Threads of the cache's own.</summary>
public sealed class OwnThreadTests
{
    private static readonly AsyncLocal<string?> Ambient = new();

    [Test]
    public async Task Its_result_is_awaited()
    {
        Ambient.Value = "the caller's";

        var seen = await OwnThread.RunAsync(
            "duty", static () => (Thread.CurrentThread.Name, Thread.CurrentThread.IsBackground, Thread.CurrentThread.IsThreadPoolThread, Ambient.Value));

        Assert.That(seen, Is.EqualTo(("SolidCache.Postgres duty", true, false, (string?)null)));
    }

    [Test]
    public async Task Its_error_is_awaited() =>
        await Assert.ThatAsync(
            () => OwnThread.RunAsync("duty", static () => Environment.ProcessId > 0 ? throw new IOException("x") : true), Throws.TypeOf<IOException>());
}
