using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A call ends once.</summary>
public sealed class RequestTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly ReadRequest _request = new(new CacheKey("k"));

    [Test]
    public async Task A_result_reaches_the_caller()
    {
        var answer = _request.WaitAsync(CancellationToken.None);
        Assert.That((answer.IsCompleted, _request.HasEnded), Is.EqualTo((false, false)));

        Assert.That(_request.Complete(new ReadValue(null, 0, TouchIsDue: true)), Is.True);

        Assert.That((await answer).TouchIsDue, Is.True);
        Assert.That(_request.HasEnded, Is.True);
    }

    [Test]
    public async Task A_result_that_comes_before_the_caller_waits_is_not_lost()
    {
        _request.Complete(new ReadValue(null, 7, TouchIsDue: false));

        Assert.That((await _request.WaitAsync(CancellationToken.None)).Length, Is.EqualTo(7));
    }

    [Test]
    public async Task It_completes_once()
    {
        Assert.That(_request.Complete(new ReadValue(null, 1, TouchIsDue: false)), Is.True);
        Assert.That(_request.Complete(new ReadValue(null, 2, TouchIsDue: false)), Is.False);
        _request.Fail(new InvalidOperationException());

        Assert.That((await _request.WaitAsync(CancellationToken.None)).Length, Is.EqualTo(1));
    }

    [Test]
    public void An_error_reaches_the_caller_and_no_result_after_it()
    {
        _request.Fail(new InvalidOperationException("first"));
        _request.Fail(new InvalidOperationException("second"));

        Assert.That(_request.Complete(default), Is.False);
        Assert.That(async () => await _request.WaitAsync(CancellationToken.None), Throws.InvalidOperationException.With.Message.EqualTo("first"));
    }

    [Test]
    public async Task A_caller_that_gives_up_is_told_so_and_the_result_is_the_executors()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = _request.WaitAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();

        Assert.That(_request.HasEnded, Is.True);
        Assert.That(_request.Complete(default), Is.False);
        var error = await Assert.CatchAsync<OperationCanceledException>(() => answer.WaitAsync(Patience));
        Assert.That(error!.CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(answer.IsCanceled, Is.True);
    }

    [Test]
    public async Task A_token_that_is_cancelled_after_the_end_changes_nothing()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = _request.WaitAsync(cancellation.Token);
        _request.Complete(new ReadValue(null, 5, TouchIsDue: false));
        await cancellation.CancelAsync();

        Assert.That((await answer).Length, Is.EqualTo(5));
    }

    [Test]
    public void A_token_that_was_cancelled_before_ends_it_at_once()
    {
        Writes.GiveUp(_request);

        Assert.That((_request.HasEnded, _request.Complete(default)), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task Cancellation_and_completion_race_and_one_of_them_wins()
    {
        for (var round = 0; round < 3_000; round++)
        {
            var request = new ReadRequest(new CacheKey("k"));
            using var cancellation = new CancellationTokenSource();
            using var start = new Barrier(2);
            var answer = request.WaitAsync(cancellation.Token).AsTask();
            var completing = Task.Run(() =>
            {
                start.SignalAndWait();
                return request.Complete(default);
            });
            start.SignalAndWait();
            cancellation.Cancel();
            var completed = await completing.WaitAsync(Patience);
            await Task.WhenAny(answer).WaitAsync(Patience);

            Assert.That((answer.IsCompletedSuccessfully, answer.IsCanceled), Is.EqualTo((completed, !completed)));
        }
    }
}
