using Microsoft.Extensions.Time.Testing;
using SolidCache.Postgres.Sql;

namespace SolidCache.Postgres.Tests.Sql;

public sealed class PatienceTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private readonly FakeTimeProvider _time = new();

    [Test]
    public async Task It_ends_what_takes_too_long_on_a_thread_of_its_own()
    {
        using var patience = new Patience(Limit, _time, CancellationToken.None);
        var isOfThePool = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = patience.Token.UnsafeRegister(_ => isOfThePool.SetResult(Thread.CurrentThread.IsThreadPoolThread), null);

        patience.Begin();
        _time.Advance(Limit);

        Assert.That(await isOfThePool.Task.WaitAsync(TimeSpan.FromSeconds(10)), Is.False);
        Assert.That(patience.IsOver);
    }

    [Test]
    public void Time_counts_from_beginning_to_end_only()
    {
        using var patience = new Patience(Limit, _time, CancellationToken.None);
        _time.Advance(Limit);
        for (var statement = 0; statement < 3; statement++)
        {
            patience.Begin();
            _time.Advance(Limit - TimeSpan.FromSeconds(1));
            patience.End();
            _time.Advance(Limit);
        }

        // A cancellation would come from another thread.
        Assert.That(patience.Token.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(50)), Is.False);
    }

    [Test]
    public void A_caller_who_cancels_is_not_blocked_and_did_not_run_out_of_time()
    {
        using var caller = new CancellationTokenSource();
        using var patience = new Patience(Limit, _time, caller.Token);
        using var hangs = new ManualResetEventSlim();
        using var registration = patience.Token.UnsafeRegister(_ => hangs.Wait(TimeSpan.FromSeconds(10)), null);

        caller.Cancel();

        Assert.That(patience.Token.WaitHandle.WaitOne(TimeSpan.FromSeconds(10)));
        Assert.That(patience.IsOver, Is.False);
        hangs.Set();
    }

    [Test]
    public void Npgsqls_own_limit_leaves_the_time_to_deliver_a_cancellation() =>
        Assert.That(Patience.Beyond(Limit), Is.GreaterThanOrEqualTo(Limit + Limit));
}
