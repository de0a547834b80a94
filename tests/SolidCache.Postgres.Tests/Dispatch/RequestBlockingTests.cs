using System.Collections.Concurrent;
using SolidCache.Postgres.Dispatch;
using SolidCache.Postgres.Entries;

namespace SolidCache.Postgres.Tests.Dispatch;

/// <summary>Callers whose threads wait for their answers.</summary>
public sealed class RequestBlockingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly RequestPool<ReadRequest> _pool = ReadRequest.NewPool();
    private readonly ReadQueue _queue = new(Requests.Small, AwayDatabase.Clock(), AwayDatabase.Table);

    [Test]
    public async Task A_thread_waits_until_its_answer_is_there()
    {
        var request = New();
        var caller = Call(request);
        WaitUntilBlocked(caller.Thread);

        request.Complete(new ReadValue(null, 7, TouchIsDue: false));

        Assert.That((await caller.Answer.WaitAsync(Patience)).Length, Is.EqualTo(7));
    }

    [Test]
    public void An_answer_that_is_there_already_is_taken_at_once()
    {
        var request = New();
        request.Complete(new ReadValue(null, 7, TouchIsDue: false));

        var answer = request.AnswerAsync(CancellationToken.None).AsTask();

        Assert.That((answer.IsCompletedSuccessfully, answer.Result.Length), Is.EqualTo((true, 7)));
    }

    [Test]
    public async Task An_error_reaches_the_thread()
    {
        var request = New();
        var caller = Call(request);
        WaitUntilBlocked(caller.Thread);

        request.Fail(new InvalidOperationException("x"));

        await Assert.ThatAsync(() => caller.Answer.WaitAsync(Patience), Throws.InvalidOperationException);
    }

    [Test]
    public async Task A_thread_that_is_interrupted_leaves_the_queue_and_its_request_serves_another_call()
    {
        var request = New();
        _queue.Add(request);
        var caller = Call(request);
        WaitUntilBlocked(caller.Thread);

        caller.Thread.Interrupt();

        await Assert.ThatAsync(() => caller.Answer.WaitAsync(Patience), Throws.TypeOf<ThreadInterruptedException>());
        Assert.That(_queue.Count, Is.Zero);
        var again = New();
        Assert.That((again, again.HasEnded), Is.EqualTo((request, false)));
        again.Complete(new ReadValue(null, 3, TouchIsDue: false));
        Assert.That((await again.AnswerAsync(CancellationToken.None)).Length, Is.EqualTo(3));
    }

    [Test]
    public async Task A_thread_that_is_interrupted_leaves_what_is_under_way_to_the_executor()
    {
        var request = New();
        _queue.Add(request);
        var batch = new List<ReadRequest>();
        _queue.Take(batch);
        var caller = Call(request);
        WaitUntilBlocked(caller.Thread);

        caller.Thread.Interrupt();

        await Assert.ThatAsync(() => caller.Answer.WaitAsync(Patience), Throws.TypeOf<ThreadInterruptedException>());
        Assert.That(New(), Is.Not.SameAs(request));
        Assert.That(request.Complete(default), Is.False);
        _queue.End(batch);
        request.Release();
        Assert.That(New(), Is.SameAs(request));
    }

    [Test]
    public async Task A_request_that_blocked_may_be_awaited_the_next_time()
    {
        var request = New();
        request.Complete(default);
        request.AnswerAsync(CancellationToken.None).Completed();
        request.Release();

        var again = ReadRequest.Of(new CacheKey("k"), ReadKind.Value, began: 0, _pool);
        var answer = again.AnswerAsync(CancellationToken.None);

        Assert.That((again, again.Blocks, answer.IsCompleted), Is.EqualTo((request, false, false)));
        again.Complete(new ReadValue(null, 5, TouchIsDue: false));
        Assert.That((await answer).Length, Is.EqualTo(5));
    }

    [Test]
    public async Task Requests_that_are_used_again_by_threads_keep_their_answers_apart()
    {
        using var executing = new BlockingCollection<(ReadRequest Request, int Number)>();
        var executor = OwnThread.RunAsync("executor", () => executing.GetConsumingEnumerable().Count(Execute));
        var callers = Enumerable.Range(1, 4).Select(caller => OwnThread.RunAsync("caller", () => Enumerable.Range(0, 5_000).All(round => IsAnswered((caller * 10_000) + round))));

        Assert.That(await Task.WhenAll(callers).WaitAsync(Patience), Is.All.True);
        executing.CompleteAdding();
        Assert.That(await executor.WaitAsync(Patience), Is.EqualTo(20_000));

        static bool Execute((ReadRequest Request, int Number) call)
        {
            call.Request.Complete(new ReadValue(null, call.Number, TouchIsDue: false));
            call.Request.Release();
            return true;
        }

        bool IsAnswered(int number)
        {
            var request = New();
            executing.Add((request, number));
            return request.AnswerAsync(CancellationToken.None).Completed().Length == number;
        }
    }

    private ReadRequest New()
    {
        var request = ReadRequest.Of(new CacheKey("k"), ReadKind.Value, began: 0, _pool);
        request.Blocks = true;
        return request;
    }

    private static (Thread Thread, Task<ReadValue> Answer) Call(ReadRequest request)
    {
        var end = new TaskCompletionSource<ReadValue>();
        var thread = new Thread(() =>
        {
            try
            {
                end.SetResult(request.AnswerAsync(CancellationToken.None).Completed());
            }
            catch (Exception error) when (error is ThreadInterruptedException or InvalidOperationException)
            {
                end.SetException(error);
            }
        });
        thread.Start();
        return (thread, end.Task);
    }

    private static void WaitUntilBlocked(Thread thread) =>
        Assert.That(() => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Is.True.After(60_000, 1));
}
