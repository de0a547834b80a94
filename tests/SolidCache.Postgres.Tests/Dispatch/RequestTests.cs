using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>A call ends once.</summary>
public sealed class RequestTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly RequestPool<ReadRequest> _pool = ReadRequest.NewPool();
    private readonly ReadRequest _request;

    public RequestTests() => _request = ReadRequest.Of(new CacheKey("k"), ReadKind.Value, began: 1, _pool);

    [Test]
    public async Task A_result_reaches_the_caller()
    {
        var answer = _request.AnswerAsync(CancellationToken.None);
        Assert.That((answer.IsCompleted, _request.HasEnded), Is.EqualTo((false, false)));

        Assert.That(_request.Complete(new ReadValue(null, 0, TouchIsDue: true)), Is.True);

        Assert.That((await answer).TouchIsDue, Is.True);
        Assert.That(_request.HasEnded, Is.True);
    }

    [Test]
    public async Task A_result_that_comes_before_the_caller_waits_is_not_lost()
    {
        _request.Complete(new ReadValue(null, 7, TouchIsDue: false));

        Assert.That((await _request.AnswerAsync(CancellationToken.None)).Length, Is.EqualTo(7));
    }

    [Test]
    public async Task It_completes_once()
    {
        Assert.That(_request.Complete(new ReadValue(null, 1, TouchIsDue: false)), Is.True);
        Assert.That(_request.Complete(new ReadValue(null, 2, TouchIsDue: false)), Is.False);
        _request.Fail(new InvalidOperationException());

        Assert.That((await _request.AnswerAsync(CancellationToken.None)).Length, Is.EqualTo(1));
    }

    [Test]
    public void An_error_reaches_the_caller_and_no_result_after_it()
    {
        _request.Fail(new InvalidOperationException("first"));
        _request.Fail(new InvalidOperationException("second"));

        Assert.That(_request.Complete(default), Is.False);
        Assert.That(async () => await _request.AnswerAsync(CancellationToken.None), Throws.InvalidOperationException.With.Message.EqualTo("first"));
    }

    [Test]
    public async Task A_caller_that_gives_up_is_told_so_and_the_result_is_the_executors()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = _request.AnswerAsync(cancellation.Token).AsTask();

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
        var answer = _request.AnswerAsync(cancellation.Token);
        _request.Complete(new ReadValue(null, 5, TouchIsDue: false));
        await cancellation.CancelAsync();

        Assert.That((await answer).Length, Is.EqualTo(5));
    }

    [Test]
    public void A_token_that_was_cancelled_before_ends_it_at_once()
    {
        _request.GiveUp();

        Assert.That((_request.HasEnded, _request.Complete(default)), Is.EqualTo((true, false)));
    }

    [Test]
    public async Task Cancellation_and_completion_race_and_one_of_them_wins()
    {
        for (var round = 0; round < 3_000; round++)
        {
            var request = Requests.Read("k");
            using var cancellation = new CancellationTokenSource();
            using var start = new Barrier(2);
            var answer = request.AnswerAsync(cancellation.Token).AsTask();
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

    [Test]
    public async Task It_serves_another_call_when_both_its_holders_have_let_go()
    {
        var answer = _request.AnswerAsync(CancellationToken.None);
        _request.Complete(new ReadValue(null, 1, TouchIsDue: false));
        _request.Release();
        Assert.That(_pool.Rent(), Is.Not.SameAs(_request), "Its caller has not taken the answer.");

        await answer;

        var again = ReadRequest.Of(new CacheKey("other"), ReadKind.Life, began: 2, _pool);
        Assert.That((again, again.HasEnded, again.Key.Stored, again.Kind, again.Began), Is.EqualTo((_request, false, "other", ReadKind.Life, 2L)));
        again.Complete(new ReadValue(null, 2, TouchIsDue: false));
        Assert.That((await again.AnswerAsync(CancellationToken.None)).Length, Is.EqualTo(2));
    }

    [Test]
    public void A_caller_that_gave_up_leaves_it_to_the_executor()
    {
        _request.GiveUp();
        Assert.That(_pool.Rent(), Is.Not.SameAs(_request), "The executor may still look at it.");

        _request.Release();

        Assert.That(_pool.Rent(), Is.SameAs(_request));
    }

    [Test]
    public async Task The_token_of_a_call_that_is_over_does_not_cancel_the_next()
    {
        using var cancellation = new CancellationTokenSource();
        var answer = _request.AnswerAsync(cancellation.Token);
        _request.Complete(default);
        _request.Release();
        await answer;

        var again = ReadRequest.Of(new CacheKey("k"), ReadKind.Value, began: 1, _pool);
        await cancellation.CancelAsync();

        Assert.That((again, again.HasEnded), Is.EqualTo((_request, false)));
    }

    [Test]
    public async Task Requests_that_are_used_again_under_cancellation_keep_their_answers_apart()
    {
        for (var round = 1; round <= 20_000; round++)
        {
            var request = ReadRequest.Of(new CacheKey("k"), ReadKind.Value, began: 1, _pool);
            using var cancellation = new CancellationTokenSource();
            var answer = request.AnswerAsync(cancellation.Token).AsTask();
            var number = round;
            var executing = Task.Run(() =>
            {
                request.Complete(new ReadValue(null, number, TouchIsDue: false));
                request.Release();
            });
            if (round % 2 == 0)
            {
                cancellation.Cancel();
            }

            await executing.WaitAsync(Patience);
            await Task.WhenAny(answer).WaitAsync(Patience);
            Assert.That(answer.IsCanceled ? number : (await answer).Length, Is.EqualTo(number));
        }
    }
}
