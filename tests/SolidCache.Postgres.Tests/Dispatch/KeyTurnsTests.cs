using System.Runtime.CompilerServices;
using SolidCache.Postgres.Dispatch;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>The order of the writes of one key.</summary>
public sealed class KeyTurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly KeyTurns _turns = new();

    [Test]
    public void The_first_of_a_key_does_not_wait() =>
        Assert.That(_turns.Take("k").WaitAsync(async: true, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);

    [Test]
    public void Keys_do_not_wait_for_one_another()
    {
        _turns.Take("k");

        Assert.That(_turns.Take("K").WaitAsync(async: true, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task Each_waits_for_the_one_before_it()
    {
        var first = _turns.Take("k");
        var second = _turns.Take("k");
        var third = _turns.Take("k");
        var secondWaits = second.WaitAsync(async: true, CancellationToken.None).AsTask();
        var thirdWaits = third.WaitAsync(async: true, CancellationToken.None).AsTask();
        Assert.That((secondWaits.IsCompleted, thirdWaits.IsCompleted), Is.EqualTo((false, false)));

        first.End();
        await secondWaits.WaitAsync(Patience);
        Assert.That(thirdWaits.IsCompleted, Is.False);

        second.End();
        await thirdWaits.WaitAsync(Patience);
    }

    [Test]
    public async Task A_blocking_caller_waits_too()
    {
        var first = _turns.Take("k");
        var second = _turns.Take("k");
        var waits = Task.Run(() => second.WaitAsync(async: false, CancellationToken.None).AsTask().IsCompletedSuccessfully);

        Assert.That(waits.IsCompleted, Is.False);

        first.End();
        Assert.That(await waits.WaitAsync(Patience), Is.True);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_caller_that_gives_up_lets_nobody_overtake(bool async)
    {
        var first = _turns.Take("k");
        var second = _turns.Take("k");
        var third = _turns.Take("k");
        var thirdWaits = third.WaitAsync(async: true, CancellationToken.None).AsTask();

        Assert.That(
            () => second.WaitAsync(async, new CancellationToken(canceled: true)).AsTask(),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(thirdWaits.IsCompleted, Is.False);

        first.End();
        await thirdWaits.WaitAsync(Patience);
    }

    [Test]
    public void A_key_whose_turns_have_ended_starts_anew()
    {
        _turns.Take("k").End();

        Assert.That(_turns.Take("k").WaitAsync(async: true, CancellationToken.None).AsTask().IsCompletedSuccessfully, Is.True);
    }

    [Test]
    public async Task All_that_are_taken_now_can_be_waited_for()
    {
        var first = _turns.Take("k");
        var second = _turns.Take("k");
        var other = _turns.Take("other");
        var all = _turns.WhenAllEndedAsync(CancellationToken.None);
        var later = _turns.Take("later");

        first.End();
        other.End();
        Assert.That(all.IsCompleted, Is.False);

        second.End();
        await all.WaitAsync(Patience);
        Assert.That(later.Ended.IsCompleted, Is.False);
    }

    [Test]
    public void Waiting_for_all_can_be_given_up()
    {
        _turns.Take("k");

        Assert.That(() => _turns.WhenAllEndedAsync(new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void When_nobody_writes_there_is_nothing_to_wait_for() =>
        Assert.That(_turns.WhenAllEndedAsync(CancellationToken.None).IsCompletedSuccessfully, Is.True);

    [Test]
    public async Task A_key_that_is_never_idle_does_not_keep_the_turns_that_have_ended()
    {
        var (ended, last) = await EndOneOfTwoAsync();

        // The first collection may still find what the finished methods left on the stack.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.That(ended.TryGetTarget(out _), Is.False, "Each turn that waits holds all that ever ended before it.");
        last.End();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private async Task<(WeakReference<KeyTurns.Turn> Ended, KeyTurns.Turn Last)> EndOneOfTwoAsync()
    {
        var first = _turns.Take("k");
        var second = _turns.Take("k");
        first.End();
        await second.WaitAsync(async: true, CancellationToken.None).AsTask().WaitAsync(Patience);
        return (new WeakReference<KeyTurns.Turn>(first), second);
    }
}
